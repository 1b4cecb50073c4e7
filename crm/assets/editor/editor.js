// The editor of a rich text, over the textarea that holds it: what is written goes into the textarea, so
// that the form, its draft and its changes are as with any other field.
//
// `area.dispatchEvent(new CustomEvent("editor:insert", { detail: { text, end } }))` writes `text` in place of
// what is selected; with an `end` before it and `end` behind it.
import { history } from "prosemirror-history";
import { keymap } from "prosemirror-keymap";
import { DOMParser, DOMSerializer, Slice } from "prosemirror-model";
import { EditorState, TextSelection } from "prosemirror-state";
import { EditorView } from "prosemirror-view";

import { make } from "../core/words.js";
import { asCode, chipping } from "./chips.js";
import { keys } from "./commands.js";
import { linkBox } from "./link.js";
import { Reader } from "./reading.js";
import { docOf, htmlOf, schema } from "./schema.js";
import { toolbar } from "./toolbar.js";
import { fromText, writeHtml } from "./writing.js";

const parser = DOMParser.fromSchema(schema);
const { nodes, marks } = DOMSerializer.fromSchema(schema);
const serializer = new DOMSerializer({ ...nodes, chip: asCode }, marks);
const keepingSpaces = (dom, options) => parser.parseSlice(dom, { ...options, preserveWhitespace: "full" });

export function start(area) {
  const words = JSON.parse(area.dataset.editor);
  const { id, value: original } = area;
  const hasFocus = document.activeElement === area;
  let written = original;
  let view;

  const { box, open } = linkBox(id, words, () => view);
  const { bar, update } = toolbar(id, words, open, () => view);
  const mount = make("div", { class: "doc c-prose", ...named(area) });
  const { chipped, plugins } = chipping(area.form);
  const stateOf = (doc) => chipped(EditorState.create({ doc, plugins: [history(), keymap(keys(open)), ...plugins] }));
  const opened = stateOf(docOf(original));
  const first = opened.doc;
  const frame = make("div", { class: "c-rte" }, bar, box, mount);
  area.before(frame);
  area.hidden = true;
  area.id = `${id}-html`;
  mount.id = id;

  view = new EditorView(
    { mount },
    {
      state: opened,
      clipboardSerializer: serializer,
      transformPastedHTML: clean,
      clipboardParser: Object.assign(Object.create(parser), { parseSlice: keepingSpaces }),
      clipboardTextParser: (text) => new Slice(docOf(fromText(text)).content, 1, 1),
      dispatchTransaction(transaction) {
        view.updateState(view.state.apply(transaction));
        update(view.state);
        if (transaction.docChanged) write();
      },
    },
  );
  update(view.state);

  // Text that is changed back to what was loaded is no change.
  function write() {
    written = view.state.doc.eq(first) ? original : htmlOf(view.state.doc);
    area.value = written;
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
  area.addEventListener("input", () => {
    if (area.value === written) return;
    written = area.value; // a draft was restored
    view.updateState(stateOf(docOf(written)));
    update(view.state);
  });
  area.addEventListener("editor:insert", ({ detail }) => insert(view, detail));
  document.querySelector(`label[for="${id}"]`)?.addEventListener("click", () => view.focus());
  if (hasFocus) view.focus();
}

/** Write `text` in place of what is selected; with an `end` before it and `end` behind it. */
export function insert(view, { text, end }) {
  const { $from, $to } = view.state.selection;
  const { from, to } = TextSelection.between($from, $to);
  const change = end ? view.state.tr.insertText(end, to).insertText(text, from) : view.state.tr.insertText(text, from, to);
  if (end) change.setSelection(TextSelection.create(change.doc, to + text.length));
  view.dispatch(change.scrollIntoView());
  view.focus();
}

/** What is pasted, as our own HTML; from an editor of ours with its spaces. */
export function clean(html) {
  return writeHtml(new Reader({ pasted: !html.includes("data-pm-slice") }).read(html));
}

// The field's label, help, error and state belong to what is read and typed in.
export function named(area) {
  const label = area.labels?.[0];
  if (label) label.id ||= `l-${area.id}`;
  return {
    role: "textbox",
    "aria-multiline": "true",
    "aria-labelledby": label?.id,
    "aria-label": label ? undefined : area.getAttribute("aria-label"),
    "aria-describedby": area.getAttribute("aria-describedby"),
    "aria-invalid": area.getAttribute("aria-invalid"),
    "aria-required": area.required ? "true" : undefined,
  };
}
