// Reads HTML of whatever quality into the blocks of a rich text, as crm/core/models/rich_text does on the
// server; what is pasted comes from word processors, whose styles stand for bold, lists and spaces. The
// HTML is never given to the browser: our policy would report each style in it.
import { Inline, itemOf, tidy } from "./inline.js";

const TOKEN =
  /<!--[\s\S]*?(?:-->|$)|<[!?][^>]*>?|<(?<end>\/?)(?<tag>[a-zA-Z][^\s/>]*)(?<more>(?:[^>"']|"[^"]*"?|'[^']*'?)*)>?|(?<text>[^<]+|<)/g;
const SKIPPED = new Set(
  "audio canvas datalist head iframe math noembed noframes noscript object optgroup option script select style svg template textarea title video xmp".split(" "),
);
const GROUPS =
  "address article aside body caption center dd details dialog div dl dt fieldset figcaption figure footer form header hr html legend main nav pre section summary table tbody tfoot thead tr".split(
    " ",
  );
const BLOCKS = { h1: "h2", h2: "h2", h3: "h3", h4: "h3", h5: "h3", h6: "h3", p: "p", ...Object.fromEntries(GROUPS.map((tag) => [tag, ""])) };
const LISTS = ["ul", "ol"];
const DEEPEST = 6;

const block = (tag) => ({ tag, runs: [], children: [] });

export class Reader {
  /** `pasted`: spaces count as in a browser, and empty paragraphs part nothing. */
  constructor({ pasted = false } = {}) {
    this.pasted = pasted;
    this.root = block("doc");
    this.path = [this.root];
    this.block = null;
    this.inline = new Inline();
    this.quotes = this.deeper = this.preformatted = 0;
    this.inWordList = false;
  }

  read(html) {
    TOKEN.lastIndex = 0;
    for (let found = TOKEN.exec(html); found?.[0]; found = TOKEN.exec(html)) {
      const { end, tag, more, text } = found.groups;
      if (text) this.text(this.inline.decode(text));
      else if (tag && end) this.end(tag.toLowerCase());
      else if (tag && SKIPPED.has(tag.toLowerCase())) TOKEN.lastIndex = after(html, tag, TOKEN.lastIndex);
      else if (tag) this.start(tag.toLowerCase(), more);
    }
    this.close();
    return complete(this.root, this.pasted);
  }

  text(given) {
    if (this.inline.marker(given, this.path)) return; // the bullet that Word writes as text
    const lines = this.preformatted ? given.replace(/\r\n?/g, "\n") : given.replace(this.pasted ? /[ \t\r\n]+/g : /[ \t]*[\r\n]\s*/g, "\v");
    const text = this.block ? lines : lines.replace(/^[ \t\v]+/, "");
    if (text) this.add(text);
  }

  add(text) {
    (this.block ?? this.open("p")).runs.push([text, this.inline.marks()]);
  }

  open(tag) {
    if (LISTS.includes(this.path.at(-1).tag)) this.push("li");
    this.block = block(this.path.length === 1 ? tag : "p");
    this.path.at(-1).children.push(this.block);
    return this.block;
  }

  close() {
    if (this.block) this.block.runs = tidy(this.block.runs, this.pasted);
    this.block = null;
  }

  push(tag) {
    const made = block(tag);
    this.path.at(-1).children.push(made);
    this.path.push(made);
  }

  pop(...tags) {
    const at = this.path.findLastIndex((one, index) => index && tags.includes(one.tag));
    if (at > 0) this.path.length = at;
  }

  start(tag, more) {
    if (tag === "br") return this.add("\n");
    if ((tag === "td" || tag === "th") && this.block?.runs.length) return this.add(" | ");
    if (tag in BLOCKS) {
      this.close();
      if (tag === "pre") this.preformatted += 1;
      const item = itemOf(more);
      if (item) return this.wordItem(item);
      if (this.inWordList) this.leaveWordList();
      if (BLOCKS[tag]) this.open(BLOCKS[tag]);
    } else if ([...LISTS, "li", "blockquote"].includes(tag)) {
      this.close();
      if (this.inWordList) this.leaveWordList();
      this.container(tag);
    } else {
      this.inline.start(tag, more);
    }
  }

  container(tag) {
    if (tag === "li") {
      if (this.path.at(-1).tag === "li") this.path.pop();
      if (!LISTS.includes(this.path.at(-1).tag)) this.push("ul");
      this.push("li");
    } else if (tag === "blockquote") {
      this.quotes += 1;
      if (this.path.length === 1) this.push(tag);
    } else if (this.path.filter((one) => LISTS.includes(one.tag)).length >= DEEPEST) {
      this.deeper += 1;
    } else {
      const top = this.path.at(-1);
      if (LISTS.includes(top.tag) && top.children.length) this.path.push(top.children.at(-1));
      else if (LISTS.includes(top.tag)) this.push("li");
      this.push(tag);
    }
  }

  // Word writes a list as paragraphs that name their level; whether it is numbered, its marker says.
  wordItem(level) {
    const open = () => this.path.filter((one) => LISTS.includes(one.tag)).length;
    this.inWordList = true;
    while (open() > level) this.pop(...LISTS);
    if (this.path.at(-1).tag === "li" && open() === level) this.path.pop();
    while (open() < Math.min(level, DEEPEST)) {
      if (LISTS.includes(this.path.at(-1).tag)) this.push("li");
      this.push("ul");
    }
    this.push("li");
    this.open("p");
  }

  leaveWordList() {
    this.inWordList = false;
    while (this.path.some((one) => LISTS.includes(one.tag))) this.pop(...LISTS);
  }

  end(tag) {
    if (tag in BLOCKS) {
      this.close();
      if (tag === "pre") this.preformatted = Math.max(this.preformatted - 1, 0);
    } else if ([...LISTS, "li", "blockquote"].includes(tag)) {
      this.close();
      if (LISTS.includes(tag) && this.deeper) this.deeper -= 1;
      else if (tag === "blockquote" && this.quotes > 1) this.quotes -= 1;
      else if (tag === "blockquote") {
        this.quotes = 0;
        this.pop(tag);
      } else this.pop(...(LISTS.includes(tag) ? LISTS : [tag]));
    } else {
      this.inline.end(tag);
    }
  }
}

function after(html, tag, from) {
  const end = new RegExp(`</${tag}(?=[\\s/>])[^>]*>?`, "gi");
  end.lastIndex = from;
  return end.exec(html) ? end.lastIndex : html.length;
}

/** The blocks as the subset has them: nothing empty at both ends; pasted, nothing empty at all. */
function complete(root, pasted) {
  const blocks = completed(root.children, pasted);
  const blank = (one) => one?.tag === "p" && !one.runs.length;
  while (blank(blocks[0])) blocks.shift();
  while (blank(blocks.at(-1))) blocks.pop();
  return blocks;
}

function completed(blocks, pasted) {
  const found = [];
  for (const one of blocks) {
    one.children = completed(one.children, pasted);
    const last = found.at(-1);
    if (one.tag === "li" && one.children[0]?.tag !== "p") one.children.unshift(block("p"));
    if (["h2", "h3"].includes(one.tag) && !one.runs.length) one.tag = "p";
    if (pasted && LISTS.includes(one.tag) && last?.tag === one.tag) last.children.push(...one.children);
    else if (one.children.length || (["p", "h2", "h3"].includes(one.tag) && (one.runs.length || !pasted))) found.push(one);
  }
  return found;
}
