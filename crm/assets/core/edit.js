// A field of a record or a cell of a list, edited at its place: the pencil or a click on the value opens
// the input, Enter saves, Esc restores, Tab saves and opens the next. htmx fetches and swaps.
import htmx from "htmx.org";

import { discard } from "./drafts.js";
import { on } from "./enhance.js";
import { icon, make } from "./words.js";

const read = new Map(); // id of the field → how it looked before
let next = null;

document.addEventListener("click", (event) => {
  const field = event.target.closest?.(".c-field:not(.editing)");
  if (!field || event.target.closest("a, button, label, input") || String(getSelection())) return;
  field.querySelector(".edit")?.click();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { target } = event.detail;
  if (target?.matches?.(".c-field:not(.editing)")) {
    const before = target.cloneNode(true);
    for (const part of before.querySelectorAll(".htmx-request")) part.classList.remove("htmx-request");
    read.set(target.id, before.outerHTML);
  }
});

document.addEventListener("htmx:afterSettle", (event) => {
  const field = document.getElementById(event.detail.elt.id);
  if (!field?.matches(".c-field")) return;
  if (field.classList.contains("editing")) {
    next = null; // refused, it stays open
    return openInput(field);
  }
  read.delete(field.id);
  if (next) document.getElementById(next)?.querySelector(".edit")?.click();
  else field.querySelector(".edit")?.focus();
  next = null;
});

// A picker is built a moment after the swap; its own input takes the focus then.
function openInput(field) {
  if (field.matches(".c-rec *")) document.querySelector(".c-fold")?.setAttribute("open", "");
  const input = field.querySelector("[type=radio]:checked") ?? field.querySelector("input:not([type=hidden]), select, textarea");
  if (input?.tomselect) input.tomselect.focus();
  else input?.focus();
  input?.select?.();
}

function restore(field) {
  const html = read.get(field.id);
  if (!html) return;
  discard(field.querySelector("form"));
  const { id } = field;
  field.outerHTML = html;
  const back = document.getElementById(id);
  htmx.process(back);
  back.querySelector(".edit")?.focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-cancel]");
  if (button) restore(button.closest(".c-field"));
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("form[data-edit]");
  if (!form) return;
  const field = form.closest(".c-field");
  if (event.key === "Escape") {
    event.stopPropagation();
    restore(field);
  } else if (event.key === "Tab" && leaves(field, event)) {
    event.preventDefault();
    const all = [...document.querySelectorAll(".c-field:has(.edit), .c-field.editing")].filter((one) => !isCell(one) || one.checkVisibility());
    next = all[all.indexOf(field) + (event.shiftKey ? -1 : 1)]?.id ?? null;
    Promise.resolve(form.querySelector("select")?.tomselect?.choosing).then(() => form.requestSubmit());
  }
});

function isCell(field) {
  return field.matches("td, th");
}

// Tab goes through the languages of a text first; in a table it goes on from every kind of input, and back.
function leaves(field, { target, shiftKey }) {
  const language = target.closest(".c-language");
  if (language?.[shiftKey ? "previousElementSibling" : "nextElementSibling"] || target.matches("button")) return false;
  return isCell(field) || !(shiftKey || target.matches("[type=radio]"));
}

// A saved cell whose row stands elsewhere now: after the one that the server tells.
on("[data-after]", (cell) => {
  const row = cell.closest("tr");
  const other = row.parentElement.querySelector(`[data-row="${cell.dataset.after}"]`);
  if (other) other.after(row);
  else if (cell.dataset.after === "0") row.parentElement.prepend(row);
});

// The last row of a list, for a new one: it is open on its own page.
on("form[data-new]", (form) => {
  (form.querySelector("[aria-invalid]") ?? form.querySelector("input:not([type=hidden]), select")).focus();
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") form.querySelector("[data-leave]").click();
  });
});

/** A sentence under the input, which stays as it is. */
export function refuse(form, text) {
  form.querySelector(".c-err")?.remove();
  form.querySelector(".tools").before(make("div", { class: "c-err", role: "alert" }, icon("alert-circle"), make("span", {}, text)));
}
