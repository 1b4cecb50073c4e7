// data-repeat: how an event repeats. The inputs of the chosen frequency, the rule in words and its next
// dates as the server tells them while one types, and how many events the button saves.
import { on } from "./enhance.js";
import { afterTyping, poster } from "./typing.js";

on("[data-repeat]", (box) => {
  const form = box.closest("form");
  const frequency = box.querySelector("[name=repeat]");
  const note = box.querySelector("[data-repeat-note]");
  const button = document.querySelector(`[data-savebar="${form.id}"] [type=submit]`);
  const save = button?.textContent;
  const days = [...box.querySelectorAll("[name=repeat_weekdays]")];

  const show = () => {
    for (const part of box.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(frequency.value);
  };
  // The weekday of the start is always one of the rule's: it moves along with the start.
  const follow = (own) => {
    if (own === undefined || own === box.dataset.own) return;
    for (const day of days) if (day.value === box.dataset.own) day.checked = false;
    box.dataset.own = own;
    keep();
    later(); // what was told is of the day before
  };
  const keep = () => {
    for (const day of days) if (day.value === box.dataset.own) day.checked = true;
  };
  const tell = (text) => {
    if (button && !form.hasAttribute("data-asks")) button.textContent = text || save; // else a question says it
  };
  const place = (page) => {
    const rule = page.querySelector("[data-rule]");
    const months = page.querySelector("template[data-months]");
    note.replaceChildren(...(rule ? [rule] : []));
    tell(rule?.dataset.submit);
    follow(rule?.dataset.own);
    if (!months) return;
    const select = box.querySelector("select[data-months]");
    const chosen = select.value;
    select.replaceChildren(months.content);
    select.value = chosen;
    if (select.selectedIndex < 0) select.selectedIndex = Math.min(1, select.length - 1);
  };
  const describe = poster(form, box.dataset.repeat, async (answer) => {
    const text = await answer.text();
    if (frequency.value) place(new DOMParser().parseFromString(text, "text/html")); // else it was given up meanwhile
  });
  const ask = () => {
    if (frequency.value) return describe();
    note.replaceChildren();
    tell("");
  };
  const later = afterTyping(form, ask);

  box.addEventListener("input", ({ target }) => {
    const end = target.dataset.end;
    if (end) box.querySelector(`[name=repeat_end][value=${end}]`).checked = true;
    keep();
    show();
  });
  keep();
  show();
  ask();
});

// data-choices: the button says what the chosen answer does, to how many.
on("[data-choices]", (box) => {
  box.addEventListener("change", ({ target }) => {
    const form = target.form;
    const button = [...document.querySelectorAll("[type=submit]")].find((one) => one.form === form);
    if (button && target.dataset.submit) button.textContent = target.dataset.submit;
  });
});
