// Alt with Page down or Page up goes to the next or the previous group of a form, in its first field.
const FIELDS = ".ts-control > input, input:not([type=hidden]), select:not(.tomselected), textarea";

/** The groups of the page's form. */
export function groups() {
  return [...document.querySelectorAll("form.c-form .c-form-main > fieldset")];
}

document.addEventListener("keydown", (event) => {
  const step = { PageDown: 1, PageUp: -1 }[event.key];
  const group = event.target.closest?.("form.c-form .c-form-main > fieldset");
  if (!step || !group || !event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const all = groups();
  all[all.indexOf(group) + step]?.querySelector(FIELDS)?.focus();
});
