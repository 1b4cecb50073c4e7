// data-scope: the bars beside a right fill with its scope.
import { on } from "./enhance.js";

on("select[data-scope]", (select) => {
  const bars = select.closest(".c-scopecell").querySelectorAll("rect");
  const before = select.value;
  const draw = () => {
    for (const [index, bar] of bars.entries()) bar.classList.toggle("f", index < Number(select.value));
    select.classList.toggle("none", select.value === "0");
    select.classList.toggle("mod", select.value !== before);
  };
  select.addEventListener("change", draw);
  select.form.addEventListener("reset", () => requestAnimationFrame(draw));
  draw();
});
