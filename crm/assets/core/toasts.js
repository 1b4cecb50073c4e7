// data-toast: one at a time, eight seconds, as long as it is hovered or focused.
import { enhance, on } from "./enhance.js";
import { icon, make, say } from "./words.js";

const SECONDS = 8;

on("[data-toast]", (toast) => {
  let left = SECONDS;
  const clock = setInterval(() => {
    if (toast.matches(":hover, :focus-within")) return;
    left -= 1;
    if (left <= 0) close();
  }, 1000);
  const close = () => {
    clearInterval(clock);
    toast.remove();
  };
  toast.querySelector("[data-close]").addEventListener("click", close);
  // A live region says only what changes after it was there.
  const region = toast.parentElement;
  requestAnimationFrame(() => region.append(toast));
});

/** Say what was done, with a way back where there is one; returns the toast. */
export function toast(text, undo = null) {
  for (const other of document.querySelectorAll("#toasts [data-toast]")) other.remove();
  const back = undo ? [make("button", { type: "button", "aria-keyshortcuts": "Control+Z" }, say("undo"))] : [];
  const close = make("button", { type: "button", class: "x", "aria-label": say("close"), "data-close": true }, icon("x"));
  const made = make("div", { class: "c-toast", "data-toast": true }, icon(undo ? "check" : "alert-triangle"), make("span", {}, text), ...back, close);
  back[0]?.addEventListener("click", undo);
  document.getElementById("toasts").append(made);
  enhance(made);
  return made;
}
