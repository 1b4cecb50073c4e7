// Alt with Page down or Page up goes to the next or the previous group of a form, in its first field.
const GROUPS = "form.c-form .c-form-main > fieldset, form.c-conv .c-conv-main > section";
const FIELDS = ".ts-control > input, input:not([type=hidden], [type=radio]:not(:checked)), select:not(.tomselected), textarea";

/** The groups of the page's form. */
export function groups() {
  return [...document.querySelectorAll(GROUPS)];
}

document.addEventListener("keydown", (event) => {
  const step = { PageDown: 1, PageUp: -1 }[event.key];
  const group = event.target.closest?.(GROUPS);
  if (!step || !group || !event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const all = groups();
  const fields = all[all.indexOf(group) + step]?.querySelectorAll(FIELDS) ?? [];
  [...fields].find((field) => field.checkVisibility())?.focus();
});
