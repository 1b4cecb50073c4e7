// data-outlook: parts of the page, by their ids, that the server writes anew from what is typed.
// data-choice: what is searched for in a row of choices is the choice.
import { enhance, on } from "./enhance.js";
import { afterTyping, poster } from "./typing.js";

on("form[data-outlook]", (form) => {
  const ask = poster(form, form.dataset.outlook, async (answer) => {
    const told = new DOMParser().parseFromString(await answer.text(), "text/html").body;
    for (const part of told.children) {
      const shown = document.getElementById(part.id);
      if (!shown || shown.dataset.told === part.outerHTML) continue; // as it is already
      const fresh = document.importNode(part, true);
      fresh.dataset.told = part.outerHTML;
      shown.replaceWith(fresh);
      enhance(fresh);
    }
  });
  afterTyping(form, ask);
});

on("[data-choice]", (row) => {
  const radio = row.querySelector("[type=radio]");
  row.addEventListener("change", ({ target }) => {
    if (target === radio || !target.value || radio.checked) return;
    radio.checked = true;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
  });
});
