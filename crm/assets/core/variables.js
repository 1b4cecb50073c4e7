// data-variables: the variables of a template, which a click inserts where one last typed. Its value is the
// id of the select by which another list is shown.
import { on } from "./enhance.js";

on("[data-variables]", (list) => {
  const form = list.closest("form");
  const kind = document.getElementById(list.dataset.variables);
  let last = form.querySelector("[name^=body-], [name^=subject-]");

  const show = () => {
    for (const one of list.querySelectorAll("[data-kind]")) one.hidden = one.dataset.kind !== kind.value;
  };
  kind.addEventListener("change", show);
  show();

  form.addEventListener("focusin", ({ target }) => {
    const editor = target.closest(".c-rte");
    const field = editor ? editor.parentElement.querySelector("textarea") : target;
    if (/^(body|subject)-/.test(field.name ?? "")) last = field;
  });
  list.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-insert]");
    if (button) insert(last, button.dataset.insert);
  });
});

function insert(field, text) {
  if (field.hidden) {
    field.dispatchEvent(new CustomEvent("editor:insert", { detail: { text } }));
    return;
  }
  field.focus();
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
