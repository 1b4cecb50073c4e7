// Writes a rich text in its one form, as crm/core/models/rich_text does on the server.
const HTML = /^\s*<(?:p|div|ul|ol|blockquote|h[1-6]|table|section|article|html|body)(?=[\s>])/i;
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Whether a text is HTML, or plain text. */
export const isHtml = (text) => HTML.test(text);

/** Plain text as paragraphs, parted by empty lines. */
export function fromText(text) {
  const parts = text.replace(/\r\n?/g, "\n").split("\n\n");
  return parts.map((part) => `<p>${escaped(part).replaceAll("\n", "<br>")}</p>`).join("");
}

export function writeHtml(blocks) {
  return blocks.map(({ tag, runs, children }) => `<${tag}>${inline(runs)}${writeHtml(children)}</${tag}>`).join("");
}

function tags({ href, strong, em }) {
  return [...(href ? [`a href="${escaped(href)}"`] : []), ...(strong ? ["strong"] : []), ...(em ? ["em"] : [])];
}

function inline(runs) {
  let html = "";
  let open = [];
  for (const [text, marks] of [...runs, ["", { href: "", strong: false, em: false }]]) {
    const wanted = tags(marks);
    let kept = 0;
    while (kept < open.length && open[kept] === wanted[kept]) kept += 1;
    html += open.slice(kept).reverse().map((tag) => `</${tag.split(" ")[0]}>`).join("");
    html += wanted.slice(kept).map((tag) => `<${tag}>`).join("");
    html += escaped(text).replaceAll("\n", "<br>");
    open = wanted;
  }
  return html;
}
