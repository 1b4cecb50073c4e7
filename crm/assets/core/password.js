// data-password: shows what is typed, for as long as one wants.
import { on } from "./enhance.js";
import { icon, make, say } from "./words.js";

on("[data-password]", (input) => {
  const button = make(
    "button",
    { type: "button", class: "btn btn-ghost btn-icon", "aria-label": say("showPassword"), "aria-pressed": "false" },
    icon("eye"),
  );
  button.addEventListener("click", () => {
    const show = input.type === "password";
    input.type = show ? "text" : "password";
    button.setAttribute("aria-pressed", String(show));
    button.replaceChildren(icon(show ? "eye-off" : "eye"));
  });
  input.after(button);
});
