// data-confirm: a question before what cannot be undone. Reversible acts have no such attribute.
import { dialog } from "./dialog.js";
import { make, say } from "./words.js";

let sure = null;

document.addEventListener(
  "click",
  async (event) => {
    const button = event.target.closest?.("[data-confirm]");
    if (!button || button === sure) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const act = button.textContent.trim();
    const answer = await dialog(act, make("p", { class: "c-muted" }, button.dataset.confirm), [
      { value: "", label: say("cancel") },
      { value: "act", label: act, css: "btn-danger" },
    ]);
    if (answer !== "act") return;
    sure = button;
    button.click();
    sure = null;
  },
  true,
);
