// data-guests: whoever is chosen in the one box becomes a row above it, each once. Whose record the form
// is about, or who is chosen as contact or lead, is proposed, and may be declined.
import { on } from "./enhance.js";
import { icon } from "./words.js";

const KINDS = ["user", "contact", "lead", "email"];
const ICONS = { user: "user", contact: "address-book", lead: "target-arrow", email: "at" };

on("[data-guests]", (box) => {
  const { form } = box.querySelector("[data-count]");
  const select = box.querySelector("[data-guest]");
  const typed = box.querySelector("[data-typed]");
  const proposal = box.querySelector("[data-proposal]");
  const prefix = box.dataset.rows;
  const rows = () => [...box.querySelectorAll("[data-row]")];
  const cell = (row, name) => row.querySelector(`[name^="${prefix}-"][name$="-${name}"]`);
  const declined = new Set();
  const texts = new Map(); // of the rows that were drawn, to draw again what a draft filled in
  let proposed;

  function idOf(row) {
    const kind = KINDS.find((one) => cell(row, one).value);
    return kind ? `${kind}:${cell(row, kind).value}` : "";
  }

  function add(value, name) {
    const [kind] = value.split(":", 1);
    if (rows().some((row) => idOf(row) === value)) return;
    box.querySelector("[data-add-row]").click();
    const row = rows().at(-1);
    cell(row, kind).value = value.slice(kind.length + 1);
    cell(row, "shown").value = name;
    draw(row);
    form.dispatchEvent(new Event("input"));
  }

  function draw(row) {
    const [kind, name] = [idOf(row).split(":")[0], cell(row, "shown").value];
    if (!kind || texts.get(row) === `${kind}:${name}`) return;
    texts.set(row, `${kind}:${name}`);
    row.querySelector("[data-sign]").replaceChildren(icon(ICONS[kind]));
    row.querySelector("[data-name]").textContent = name;
    cell(row, "role").setAttribute("aria-label", `${cell(row, "role").getAttribute("aria-label").split(":")[0]}: ${name}`);
    const remove = row.querySelector("[data-remove-row]");
    remove.setAttribute("aria-label", `${remove.getAttribute("aria-label").split(":")[0]}: ${name}`);
  }

  for (const row of rows()) texts.set(row, `${idOf(row).split(":")[0]}:${cell(row, "shown").value}`);
  form.addEventListener("input", () => rows().forEach(draw));
  box.addEventListener("click", (event) => {
    if (event.target.closest("[data-remove-row]")) select.tomselect?.focus();
  });

  select.addEventListener("change", () => {
    const { value, tomselect } = select;
    if (!value) return;
    const name = tomselect?.options[value]?.text ?? value;
    tomselect?.clear(true);
    typed.value = "";
    add(value, name);
  });

  // An address that was typed and left there is meant, as without a script.
  box.addEventListener("input", ({ target }) => {
    if (target.closest(".ts-control")) typed.value = target.value.includes("@") ? target.value : "";
  });

  function propose(value, name) {
    const known = !value || !name || declined.has(value) || rows().some((row) => idOf(row) === value);
    proposed = known ? undefined : { value, name };
    proposal.hidden = known;
    if (!known) {
      const words = proposal.querySelector("[data-accept] > span");
      words.dataset.words ??= words.textContent;
      words.textContent = words.dataset.words.replace("{name}", name);
    }
  }

  proposal.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-accept], [data-decline]");
    if (!button || !proposed) return;
    const { value, name } = proposed;
    declined.add(value);
    propose();
    if (button.matches("[data-accept]")) add(value, name);
    select.tomselect?.focus();
  });

  for (const kind of ["contact", "lead"]) {
    const field = form.elements[kind];
    field?.addEventListener("change", () => {
      const name = field.tomselect?.options[field.value]?.text ?? field.selectedOptions[0]?.text;
      propose(field.value && `${kind}:${field.value}`, name);
    });
  }
  const [, kind, key, name] = box.dataset.proposed?.match(/^(\w+):(\d+):(.*)$/s) ?? [];
  if (kind) propose(`${kind}:${key}`, name);
});
