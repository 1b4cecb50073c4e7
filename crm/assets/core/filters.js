// data-filter-form: writes a condition in the address as the list reads it, without a detour over
// the server; an operator that needs no value hides the values.
import { on } from "./enhance.js";

on("[data-filter-form]", (form) => {
  const operator = form.elements.op;
  const values = form.querySelector("[data-values]");
  const [first, second, days] = ["first", "second", "days"].map((part) => values.querySelector(`[data-${part}]`));
  const show = (input, shown) => {
    if (!input) return;
    input.disabled = !shown;
    (input.closest(".c-date") ?? input).hidden = !shown;
  };
  const asks = () => {
    const chosen = operator.selectedOptions[0];
    const is = (what) => chosen?.hasAttribute(`data-${what}`) ?? false;
    values.hidden = is("alone");
    show(first, !is("in-days"));
    show(second, is("two"));
    show(days, is("in-days"));
  };
  operator.addEventListener("change", asks);
  asks();

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = form.dataset.filterForm;
    const data = new FormData(form);
    const address = new URLSearchParams();
    for (const [key, value] of data) {
      if (!["filter", "op", "value"].includes(key) && !new RegExp(`^_flt_\\d+_${name}$`).test(key)) address.append(key, value);
    }
    const found = document.querySelector("[data-find]")?.value;
    address.delete("search"); // what is typed in the search box now, not when the page was made
    if (found) address.set("search", found);
    const given = values.hidden ? [""] : data.getAll("value").filter(Boolean);
    for (const value of given) address.append(`_flt_${data.get("op")}_${name}`, value);
    location.assign(`${form.getAttribute("action")}?${address}`);
  });
});
