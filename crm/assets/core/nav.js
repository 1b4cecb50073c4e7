// data-fold: a group of the menu opens and closes, and stays as it was left.
import { on } from "./enhance.js";

const KEY = "comptoir:nav";
const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}");

on("[data-fold]", (button) => {
  const part = document.getElementById(button.getAttribute("aria-controls"));
  const name = button.textContent.trim() || button.getAttribute("aria-label");
  const show = (open) => {
    button.setAttribute("aria-expanded", String(open));
    part.hidden = !open;
  };
  if (name in kept) show(kept[name] || Boolean(part.querySelector("[aria-current]")));
  button.addEventListener("click", () => {
    kept[name] = button.getAttribute("aria-expanded") !== "true";
    show(kept[name]);
    localStorage.setItem(KEY, JSON.stringify(kept));
  });
});
