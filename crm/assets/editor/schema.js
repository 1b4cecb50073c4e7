// The document of the editor: the blocks and marks of a rich text, and the way from one to the other.
import { Schema } from "prosemirror-model";

import { chip } from "./chips.js";
import { cleanLink, joined, withoutEnd } from "./inline.js";
import { Reader } from "./reading.js";
import { fromText, isHtml, writeHtml } from "./writing.js";

const node = (tag, spec) => ({ parseDOM: [{ tag }], toDOM: () => [tag, 0], ...spec });

export const schema = new Schema({
  nodes: {
    doc: { content: "top+" },
    paragraph: node("p", { content: "inline*", group: "flow top" }),
    heading: {
      content: "inline*",
      group: "top",
      attrs: { level: { default: 2 } },
      defining: true,
      parseDOM: [2, 3].map((level) => ({ tag: `h${level}`, attrs: { level } })),
      toDOM: ({ attrs }) => [`h${attrs.level}`, 0],
    },
    bullet_list: node("ul", { content: "list_item+", group: "flow top" }),
    ordered_list: node("ol", { content: "list_item+", group: "flow top" }),
    list_item: node("li", { content: "paragraph flow*", defining: true }),
    blockquote: node("blockquote", { content: "flow+", group: "top", defining: true }),
    text: { group: "inline" },
    chip,
    hard_break: { inline: true, group: "inline", selectable: false, parseDOM: [{ tag: "br" }], toDOM: () => ["br"] },
  },
  marks: {
    link: {
      attrs: { href: {} },
      inclusive: false,
      parseDOM: [{ tag: "a[href]", getAttrs: linkOf }],
      toDOM: ({ attrs }) => ["a", { href: attrs.href }, 0],
    },
    strong: { parseDOM: [{ tag: "strong" }, { tag: "b" }], toDOM: () => ["strong", 0] },
    em: { parseDOM: [{ tag: "em" }, { tag: "i" }], toDOM: () => ["em", 0] },
  },
});

function linkOf(element) {
  const href = cleanLink(element.getAttribute("href"));
  return href ? { href } : false;
}

const NAMES = { p: "paragraph", h2: "heading", h3: "heading", ul: "bullet_list", ol: "ordered_list", li: "list_item", blockquote: "blockquote" };

/** The document of a field's text, which is HTML or plain. */
export function docOf(text) {
  const blocks = new Reader().read(isHtml(text) ? text : fromText(text));
  return schema.node("doc", null, blocks.length ? blocks.map(nodeOf) : [schema.node("paragraph")]);
}

function nodeOf({ tag, runs, children }) {
  const attrs = tag === "h2" || tag === "h3" ? { level: Number(tag[1]) } : null;
  return schema.node(NAMES[tag], attrs, children.length ? children.map(nodeOf) : runs.flatMap(([text, marks]) => textOf(text, marks)));
}

function textOf(text, { href, strong, em }) {
  const marks = [
    ...(href ? [schema.mark("link", { href })] : []),
    ...(strong ? [schema.mark("strong")] : []),
    ...(em ? [schema.mark("em")] : []),
  ];
  return text.split(/(\n)/).filter(Boolean).map((part) => (part === "\n" ? schema.node("hard_break", null, null, marks) : schema.text(part, marks)));
}

/** The text of a document as it is stored; "" where it is empty. */
export function htmlOf(doc) {
  const blocks = childrenOf(doc);
  const blank = (one) => one?.tag === "p" && !one.runs.length;
  while (blank(blocks[0])) blocks.shift();
  while (blank(blocks.at(-1))) blocks.pop();
  return writeHtml(blocks);
}

function childrenOf(parent) {
  return parent.children.map((child) => {
    const tag = child.type.name === "heading" ? `h${child.attrs.level}` : Object.keys(NAMES).find((name) => NAMES[name] === child.type.name);
    if (!child.isTextblock) return { tag, runs: [], children: childrenOf(child) };
    const runs = withoutEnd(joined(child.children.map(runOf)), /\n+$/);
    return { tag: runs.length ? tag : "p", runs, children: [] };
  });
}

function runOf(inline) {
  const href = inline.marks.find((mark) => mark.type.name === "link")?.attrs.href ?? "";
  const has = (name) => inline.marks.some((mark) => mark.type.name === name);
  return [inline.isText ? inline.text : (inline.attrs.code ?? "\n"), { href, strong: has("strong"), em: has("em") }];
}
