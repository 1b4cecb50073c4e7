// data-preview-url: figures that the server works out from what is typed, e.g. the recurring total.
import { on } from "./enhance.js";

on("form[data-preview-url]", (form) => {
  const outputs = () => form.querySelectorAll("output[data-preview]"); // a line may come later
  if (!outputs().length) return;
  let wait;
  let running;
  const ask = async () => {
    running?.abort();
    running = new AbortController();
    try {
      const answer = await fetch(form.dataset.previewUrl, { method: "POST", body: new FormData(form), signal: running.signal });
      if (!answer.ok) return;
      const figures = await answer.json();
      for (const output of outputs()) if (output.dataset.preview in figures) output.value = figures[output.dataset.preview] || "–";
    } catch (error) {
      if (error.name !== "AbortError" && !(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error;
    }
  };
  if (form.querySelector("[data-lines] output")) ask();
  form.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(ask, 300);
  });
});
