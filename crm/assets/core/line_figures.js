// What the server says of the lines as they are typed: values that saving fills in, texts that it cannot
// read, discounts that somebody has to approve, and the VAT of each rate.
import { on } from "./enhance.js";
import { icon, make } from "./words.js";

on("form:has([data-lines])", (form) => {
  let said = { errors: {}, marks: {}, fills: {} };
  form.addEventListener("previewed", ({ detail }) => {
    said = detail;
    show(form, said);
    rates(form, detail.by_rate ?? []);
    for (const unit of form.querySelectorAll("[data-lines] .c-unit.code > span")) unit.textContent = detail.currency;
  });
  // Whoever is still typing in a cell is not told of it.
  form.addEventListener("focusout", () => requestAnimationFrame(() => show(form, said)));
  form.addEventListener("input", ({ target }) => {
    said = { errors: {}, marks: said.marks, fills: {} };
    if (target.dataset?.refused) accept(target);
  });
});

function show(form, { errors = {}, marks = {}, fills = {} }) {
  for (const [name, text] of Object.entries(fills)) fill(form.elements[name], text);
  for (const input of form.querySelectorAll("[data-wrong]")) if (!errors[input.name]) right(input);
  for (const [name, text] of Object.entries(errors)) {
    const input = form.elements[name];
    if (input && input !== document.activeElement) wrong(input, text);
  }
  for (const flag of form.querySelectorAll(".flag")) if (!marks[flag.dataset.of]) flag.remove();
  for (const [name, text] of Object.entries(marks)) mark(form.elements[name], text);
}

function fill(input, text) {
  if (input && !input.value && input !== document.activeElement) input.value = text;
}

/** Say beside a list that it lacks what was pasted, until something is chosen. */
export function refuse(input, text) {
  wrong(input, text);
  delete input.dataset.wrong;
  input.dataset.refused = "yes";
}

function accept(input) {
  right(input);
  delete input.dataset.refused;
}

function wrong(input, text) {
  const known = input.closest("td").querySelector(`[id="e-${input.name}"]`);
  if (known && !known.dataset.live) return; // the server's own, of the last save
  known?.remove();
  const note = make("div", { class: "c-err", id: `e-${input.name}`, "data-live": "yes" }, icon("alert-circle"), make("span", {}, text));
  input.closest("td").append(note);
  input.dataset.wrong = "yes";
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", note.id);
  input.classList.add("is-invalid");
}

function right(input) {
  input.closest("td").querySelector(`[id="e-${input.name}"][data-live]`)?.remove();
  delete input.dataset.wrong;
  input.classList.remove("is-invalid");
  for (const name of ["aria-invalid", "aria-describedby"]) input.removeAttribute(name);
}

function mark(input, text) {
  const cell = input?.closest("[data-cell]");
  if (!cell) return;
  const known = cell.querySelector(".flag");
  if (known?.dataset.of === input.name) return;
  known?.remove();
  cell.append(make("span", { class: "flag", "data-of": input.name }, icon("alert-triangle"), text));
}

function rates(form, rows) {
  const body = form.querySelector("[data-by-rate]");
  if (!body) return;
  body.closest("table").hidden = !rows.length;
  body.replaceChildren(
    ...rows.map(([rate, base, vat]) =>
      make("tr", {}, make("th", { scope: "row", class: "num" }, rate), make("td", { class: "r num" }, base), make("td", { class: "r num" }, vat)),
    ),
  );
}
