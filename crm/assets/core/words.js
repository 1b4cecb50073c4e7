// The words that the script says by itself, in the reader's language, from the page.
const words = JSON.parse(document.body.dataset.words ?? "{}");

/** The word `name`, with {placeholders} filled in. */
export function say(name, values = {}) {
  return Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), words[name] ?? "");
}

/** `text` without accents, in small letters. */
export function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** An icon of the page's sprite, as an element. */
export function icon(name, css = "icon") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", css);
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${sprite()}#i-${name}`);
  svg.append(use);
  return svg;
}

function sprite() {
  return document.querySelector("use[href*='icons']")?.getAttribute("href").split("#")[0] ?? "";
}

/** An element with attributes and children; text is never read as HTML. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}
