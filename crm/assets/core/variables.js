// data-variables: the variables of a template, which a click inserts where one last typed. Its value is the
// id of the select by which another list is shown. With data-condition pressed, the click puts the
// selected passage into a condition instead.
import { on } from "./enhance.js";

on("[data-variables]", (list) => {
  const form = list.closest("form");
  const kind = document.getElementById(list.dataset.variables);
  const condition = list.querySelector("[data-condition]");
  const help = list.querySelector("[data-asks]");
  const asked = help.textContent;
  let last = null;
  help.setAttribute("role", "status");

  const show = () => {
    for (const one of list.querySelectorAll("[data-kind]")) one.hidden = one.dataset.kind !== kind.value;
  };
  kind.addEventListener("change", show);
  show();

  const press = (pressed) => {
    condition.setAttribute("aria-pressed", String(pressed));
    help.textContent = pressed ? condition.dataset.condition : asked;
  };
  const field = () => (last && !last.closest("[hidden]:not(textarea, [data-line])") ? last : form.querySelector("[data-language]:not([hidden]) [name^=body-]"));

  form.addEventListener("focusin", ({ target }) => {
    const editor = target.closest(".c-rte, .c-line");
    const typed = editor ? editor.parentElement.querySelector("textarea, [data-line]") : target;
    if (/^(body|subject)-/.test(typed.name ?? "")) last = typed;
  });
  list.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button === condition) return press(condition.getAttribute("aria-pressed") !== "true");
    if (!button) return;
    const name = button.dataset.insert;
    if (condition.getAttribute("aria-pressed") === "true") insert(field(), `{% if ${name} %}`, "{% endif %}");
    else insert(field(), `{{ ${name} }}`);
    press(false);
  });
});

/** Write `text` in place of the selection; with an `end` before it and `end` behind it. */
function insert(field, text, end = "") {
  if (field.hidden) {
    field.dispatchEvent(new CustomEvent("editor:insert", { detail: { text, end } }));
    return;
  }
  const { selectionStart: from, selectionEnd: to } = field;
  field.focus();
  if (end) field.setRangeText(end, to, to);
  field.setRangeText(text, from, end ? from : to, "end");
  if (end) field.setSelectionRange(to + text.length, to + text.length);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
