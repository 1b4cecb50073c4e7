// data-preview-url: figures that the server works out from what is typed, e.g. the recurring total.
import { on } from "./enhance.js";
import { afterTyping, poster } from "./typing.js";

on("form[data-preview-url]", (form) => {
  const outputs = () => form.querySelectorAll("output[data-preview]"); // a line may come later
  if (!outputs().length) return;
  const ask = poster(form, form.dataset.previewUrl, async (answer) => {
    const figures = await answer.json();
    for (const output of outputs()) if (output.dataset.preview in figures) output.value = figures[output.dataset.preview] || "–";
  });
  if (form.querySelector("[data-lines] output")) ask();
  afterTyping(form, ask);
});
