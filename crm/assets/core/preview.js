// data-preview-url: figures that the server works out from what is typed, e.g. the recurring total.
import { on } from "./enhance.js";
import { afterTyping, poster } from "./typing.js";

on("form[data-preview-url]", (form) => {
  // A line may come later, and the save bar stands outside.
  const outputs = () => [...form.elements].filter((one) => one.matches("output[data-preview]"));
  if (!outputs().length) return;
  const ask = poster(form, form.dataset.previewUrl, async (answer) => {
    const figures = await answer.json();
    for (const output of outputs()) if (output.dataset.preview in figures) output.value = figures[output.dataset.preview] || "–";
    form.dispatchEvent(new CustomEvent("previewed", { detail: figures }));
  });
  if (form.querySelector("[data-lines] output")) ask();
  afterTyping(form, ask);
});
