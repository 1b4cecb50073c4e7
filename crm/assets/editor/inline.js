// What is within a paragraph: marks, links, entities, the spaces of the source.
const LINK = /^(?:https?:\/\/[^\s/]|mailto:\S|tel:\S)\S*$/i;
const LONGEST_LINK = 2000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g;
const NAMED = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };
const ENTITY = /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z][a-z\d]{1,30}));/gi;
const BOLD = /(?<![\w-])font-weight\s*:\s*(?:bold|[6-9]00)/i;
const LIGHT = /(?<![\w-])font-weight\s*:\s*(?:normal|lighter|[1-5]00)/i;
const ITALIC = /(?<![\w-])font-style\s*:\s*(?:italic|oblique)/i;
const UPRIGHT = /(?<![\w-])font-style\s*:\s*normal/i;

/** The address as it is stored; "" where it is none of ours. */
export function cleanLink(href) {
  const text = href.replace(CONTROL, "").trim();
  if (text.length > LONGEST_LINK || !LINK.test(text)) return "";
  return text.replace(/["<>`\\]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function attribute(more, name) {
  const found = more.match(new RegExp(`(?<![\\w-])${name}\\s*=\\s*(?:"([^"]*)|'([^']*)|([^\\s"'>]+))`, "i"));
  return found ? decode(found[1] ?? found[2] ?? found[3] ?? "") : "";
}

export function decode(text) {
  return text.replace(ENTITY, (whole, decimal, hex, name) => {
    const code = decimal ? Number(decimal) : Number.parseInt(hex, 16);
    return (name ? named(name, whole) : code && code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd").replace(CONTROL, "");
  });
}

function named(name, whole) {
  if (NAMED[name] || !globalThis.document?.createElement) return NAMED[name] ?? whole;
  const box = document.createElement("textarea");
  box.innerHTML = whole; // an entity by itself
  return box.value;
}

/** The level of a paragraph that Word means as an item of a list. */
export function itemOf(more) {
  return Number(attribute(more, "style").match(/mso-list\s*:\s*(?!ignore)[^;]*?level(\d)/i)?.[1] ?? 0);
}

export class Inline {
  constructor() {
    this.stack = []; // { tag, strong, em, href, ignored } of the open elements
    this.strong = this.em = 0;
  }

  decode(text) {
    return decode(text.replace(CONTROL, ""));
  }

  start(tag, more) {
    const style = attribute(more, "style");
    const strong = Number((/^(?:b|strong)$/.test(tag) && !LIGHT.test(style)) || BOLD.test(style));
    const em = Number((/^(?:i|em)$/.test(tag) && !UPRIGHT.test(style)) || ITALIC.test(style));
    this.strong += strong;
    this.em += em;
    const href = tag === "a" ? cleanLink(attribute(more, "href")) : undefined;
    this.stack.push({ tag, strong, em, href, ignored: /mso-list\s*:\s*ignore/i.test(style) });
  }

  end(tag) {
    const at = this.stack.findLastIndex((one) => one.tag === tag);
    if (at < 0) return;
    const [one] = this.stack.splice(at, 1);
    this.strong -= one.strong;
    this.em -= one.em;
  }

  marks() {
    const link = this.stack.findLast((one) => one.href !== undefined);
    return { href: link?.href ?? "", strong: this.strong > 0, em: this.em > 0 };
  }

  /** Whether `text` is the marker of an item of Word's; a number makes its list an ordered one. */
  marker(text, path) {
    if (!this.stack.some((one) => one.ignored)) return false;
    const list = path.at(-2);
    if (list?.children.length === 1 && /^\s*\(?(?:\d+|[a-z]|[ivx]+)[.)]/i.test(text)) list.tag = "ol";
    return true;
  }
}

const same = (one, other) => one.href === other.href && one.strong === other.strong && one.em === other.em;

/** Runs of equal marks as one, without the ends of lines of the source and breaks at the end. */
export function tidy(runs, pasted) {
  const gone = /(?<=[\n ])\v+|\v+(?=[\n ])|(?<=\v)\v+/g;
  const kept = `\n${runs.map(([text]) => text).join("")}\n`.replace(gone, (found) => "\0".repeat(found.length));
  const spaced = pasted ? kept.replace(/\v\u00a0|\u00a0\v/g, "\0\v").replace(/^\n[\s\0]*\n$/, (found) => `\n${"\0".repeat(found.length - 2)}\n`) : kept;
  let at = 1;
  const cut = runs.map(([text, marks]) => {
    const part = spaced.slice(at, at + text.length);
    at += text.length;
    return [part.replaceAll("\0", "").replaceAll("\v", " "), marks];
  });
  return joined(withoutEnd(cut, pasted ? /[\n \u00a0]+$/ : /\n+$/));
}

/** Runs without what `ends` finds at their end. */
export function withoutEnd(runs, ends) {
  const kept = [...runs];
  while (kept.length) {
    const [text, marks] = kept.pop();
    const left = text.replace(ends, "");
    if (left) return [...kept, [left, marks]];
  }
  return kept;
}

export function joined(runs) {
  const found = [];
  for (const [text, marks] of runs) {
    if (text && found.length && same(found.at(-1)[1], marks)) found.at(-1)[0] += text;
    else if (text) found.push([text, marks]);
  }
  return found;
}
