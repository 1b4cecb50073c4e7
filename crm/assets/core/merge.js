// data-merge: with another kept record, the values that nobody chose are that record's.
import { on } from "./enhance.js";

on("form[data-merge]", (form) => {
  const chosen = new Set();
  form.addEventListener("change", ({ target }) => {
    if (target.name !== "keep") return void chosen.add(target.name);
    for (const row of form.querySelectorAll("tbody tr")) follow([...row.querySelectorAll("input[type=radio]")], target.value);
  });

  function follow(radios, kept) {
    const mine = radios.find((radio) => radio.value === kept);
    if (mine && !chosen.has(mine.name) && radios.some((radio) => radio.checked)) mine.checked = true;
  }
});
