// data-password: shows what is typed, for as long as one wants. The passwords of a form have one button,
// at the last of them: between two it would take the Tab that leads to the next.
import { on } from "./enhance.js";
import { icon, make, say } from "./words.js";

on("[data-password]", (input) => {
  const inputs = [...input.form.querySelectorAll("[data-password]")];
  if (input !== inputs.at(-1)) return;
  const button = make(
    "button",
    { type: "button", class: "btn btn-ghost btn-icon", "aria-label": say("showPassword"), "aria-pressed": "false" },
    icon("eye"),
  );
  button.addEventListener("click", () => {
    const show = input.type === "password";
    for (const one of inputs) one.type = show ? "text" : "password";
    button.setAttribute("aria-pressed", String(show));
    button.replaceChildren(icon(show ? "eye-off" : "eye"));
  });
  input.after(button);
});
