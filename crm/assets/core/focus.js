// data-focus: what a refused page says first takes the focus, so that nobody misses it. Else a form's
// page starts in its first field, but for a finger: the keyboard of a phone would cover half of it.
// A picker or a select is passed over: what stands above the first text is chosen already. A form without
// a text asks for a choice of several. Of radio buttons it is the one that is chosen.
import { on } from "./enhance.js";

on("[data-focus]", (element) => element.focus());

on("form:is(.c-form, .c-conv, .c-login-card)", (form) => {
  const taken = location.hash || document.querySelector("[data-focus]") || document.activeElement !== document.body;
  if (taken || !matchMedia("(pointer: fine)").matches) return;
  const fields = [...form.querySelectorAll(":is(.c-form-main, .c-conv-main, .c-login-card) :is(input:not([type=hidden], [type=radio]:not(:checked)), select, textarea)")];
  const open = fields.filter((field) => !field.closest(".ts-wrapper") && !field.matches("[data-picker]"));
  const several = fields.find((field) => field.matches("select[multiple]"));
  (open.find((field) => !field.matches("select")) ?? several ?? open[0])?.focus();
});
