// data-focus: what a refused page says first takes the focus, so that nobody misses it. Else a form's
// page starts in its first field, but for a finger: the keyboard of a phone would cover half of it.
import { on } from "./enhance.js";

on("[data-focus]", (element) => element.focus());

on("form.c-form", (form) => {
  const taken = location.hash || document.querySelector("[data-focus]") || document.activeElement !== document.body;
  if (taken || !matchMedia("(pointer: fine)").matches) return;
  form.querySelector(".c-form-main :is(input:not([type=hidden]), select, textarea)")?.focus();
});
