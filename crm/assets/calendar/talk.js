// What the calendar says: a live region for what is moved through, a toast with "undo" for what was done.
import { enhance } from "../core/enhance.js";
import { icon, make } from "../core/words.js";

/** A function that says a text to screen readers, also where it is the same as before. */
export function speaker(region) {
  return (text) => {
    region.textContent = "";
    requestAnimationFrame(() => (region.textContent = text));
  };
}

/** Show `text`; `undo` is called by its button and by Ctrl+Z. */
export function toast(text, words, undo) {
  const region = document.getElementById("toasts");
  region.replaceChildren();
  const close = make("button", { type: "button", class: "x", "aria-label": words.close, "data-close": true }, icon("x"));
  const shown = make("div", { class: "c-toast", "data-toast": true }, icon("check"), make("span", {}, text));
  if (undo) {
    // With a formaction, as the other toasts have, it is what Ctrl+Z presses.
    const button = make("button", { type: "submit", form: "act", formaction: "#", "aria-keyshortcuts": "Control+Z" }, words.undo);
    button.addEventListener("click", (event) => {
      event.preventDefault();
      shown.remove();
      undo();
    });
    shown.append(button);
  }
  shown.append(close);
  region.append(shown);
  enhance(region);
}
