// data-dirty: marks what differs from what was loaded, counts it in the save bar, asks before leaving.
import { on } from "./enhance.js";
import { fieldsOf, textOf } from "./values.js";
import { make, say } from "./words.js";

on("form[data-dirty]", (form) => {
  const loaded = new Map();
  const remember = () => {
    for (const field of fieldsOf(form)) if (!loaded.has(field)) loaded.set(field, textOf(field));
  };
  remember();
  // What a refused save sends back was typed, not saved: it still counts as a change.
  const refused = Boolean(form.querySelector("[aria-invalid]"));
  const bar = document.querySelector(`[data-savebar="${form.id}"]`);

  const check = () => {
    remember();
    const changed = new Set();
    for (const field of fieldsOf(form)) if (textOf(field) !== loaded.get(field)) changed.add(holder(field));
    for (const box of form.querySelectorAll("[data-field]")) mark(box, changed.has(box));
    // A line less or at another place changes no field that is still there.
    const count = changed.size || Number(form.dataset.reordered === "yes");
    form.dispatchEvent(new CustomEvent("dirty", { detail: { count } }));
    show(bar, count, refused);
    form.dataset.changed = count || refused ? "yes" : "";
  };
  form.addEventListener("input", check);
  form.addEventListener("change", check);
  check();
});

function holder(field) {
  return field.closest("[data-field]") ?? field;
}

function mark(box, changed) {
  const label = box.querySelector(":scope > .c-lab, :scope .c-lab");
  const sign = label?.querySelector(".mod");
  box.classList.toggle("changed", changed);
  if (changed && label && !sign) label.append(make("span", { class: "mod" }, say("modified")));
  if (!changed) sign?.remove();
}

function show(bar, count, refused) {
  if (!bar) return;
  const state = bar.querySelector("[data-state]");
  const button = bar.querySelector("[type=submit]");
  const form = button.form;
  const still = !count && !refused && form.hasAttribute("data-edits");
  const text = count ? say(count === 1 ? "one" : "many", { n: count }) : "";
  state.replaceChildren(...(count ? [make("span", { class: "dot", "aria-hidden": "true" }), make("span", {}, text)] : []));
  if (still) state.append(say("noChange"));
  button.setAttribute("aria-disabled", String(still));
  const effect = bar.querySelector("[data-effect]");
  if (effect) effect.hidden = !count;
}

addEventListener("beforeunload", (event) => {
  const open = document.querySelector("form[data-dirty][data-changed=yes]:not([data-sent])");
  if (open) event.preventDefault();
});
