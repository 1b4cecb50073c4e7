// data-copy: the text of the element named goes to the clipboard; the button says that it did.
import { on } from "./enhance.js";
import { icon, say } from "./words.js";

on("[data-copy]", (button) => {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    button.replaceChildren(icon("check"));
    button.setAttribute("aria-label", say("copied"));
  });
});
