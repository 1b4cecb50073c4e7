// data-rows: one more row of a child table, from the template beside it, or one less.
import { enhance, on } from "./enhance.js";

on("[data-rows]:not([data-lines])", (box) => {
  const count = box.querySelector("[data-count]");
  const button = box.querySelector("[data-add-row]");
  button.addEventListener("click", () => {
    const holder = document.createElement("template"); // the one element that a row of a table may stand in
    holder.innerHTML = box.querySelector("template").innerHTML.replaceAll("__n__", count.value);
    const row = holder.content.firstElementChild;
    count.value = Number(count.value) + 1;
    const list = box.querySelector("[data-rows-body]");
    if (list) list.append(row);
    else button.before(row);
    enhance(row);
    row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  });
  box.addEventListener("click", (event) => {
    const row = event.target.closest("[data-remove-row]")?.closest("[data-row]");
    if (!row) return;
    const form = row.closest("form");
    row.remove();
    button.focus();
    form.dataset.reordered = "yes";
    form.dispatchEvent(new Event("input"));
  });
});
