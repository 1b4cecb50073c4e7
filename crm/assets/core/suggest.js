// data-suggest: while the first column of a line is typed, rows that fill the line are offered under it. Only
// a choice by arrow and Enter, or by a click, takes one: what is typed may also stay as it is.
import { on } from "./enhance.js";
import { lineOf } from "./line_table.js";
import { make, say } from "./words.js";

const WAIT = 200; // milliseconds after the last key

on("[data-lines]:has([data-suggest])", (box) => {
  const list = box.querySelector("#found");
  let input = null;
  let wait;
  let running;

  const isOpen = () => list.matches(":popover-open");
  const active = () => list.querySelector(".active");

  box.addEventListener("input", ({ target, isTrusted }) => {
    clearTimeout(wait);
    if (!isTrusted || !target.matches("[data-suggest]")) return;
    if (target.value.trim().length < 2) close();
    else wait = setTimeout(() => ask(target), WAIT);
  });

  box.addEventListener("keydown", (event) => {
    if (!event.target.matches("[data-suggest]") || event.altKey || event.ctrlKey || event.metaKey) return;
    if (act(event)) event.preventDefault();
  });

  function act({ key, target }) {
    if (key === "ArrowDown" && !isOpen() && isSingle(target)) ask(target);
    else if (!isOpen()) return false;
    else if (key === "ArrowDown") go(1);
    else if (key === "ArrowUp") go(-1);
    else if (key === "Enter" && active()) take(active());
    else {
      if (key === "Escape" || key === "Enter" || key === "Tab") close();
      return key === "Escape";
    }
    return true;
  }

  async function ask(target) {
    running?.abort();
    running = new AbortController();
    try {
      const answer = await fetch(address(target), { headers: { Accept: "application/json" }, signal: running.signal });
      const { results } = await answer.json();
      if (document.activeElement === target) show(target, results);
    } catch {
      close(); // asked anew, or no network: the text is typed without help
    }
  }

  function show(target, results) {
    input = target;
    list.replaceChildren(...results.map(option));
    if (!results.length) return close();
    if (!isOpen()) list.showPopover();
    place(list, target);
    box.querySelector("[data-said]").textContent = say("suggested", { count: results.length });
  }

  function option({ value, text, detail }, at) {
    const words = [make("span", { class: "c-cut" }, text), ...(detail ? [make("span", { class: "d" }, detail)] : [])];
    return make("div", { class: "option", role: "option", id: `found-${at}`, "data-value": value, "data-text": text, "aria-selected": "false" }, ...words);
  }

  function go(step) {
    const options = [...list.children];
    const at = options.indexOf(active());
    for (const one of options) mark(one, false);
    const next = options.at((at < 0 && step < 0 ? options.length : at + step) % options.length);
    mark(next, true);
    next.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", next.id);
  }

  function mark(one, is) {
    one.classList.toggle("active", is);
    one.setAttribute("aria-selected", String(is));
  }

  function take({ dataset: { value, text } }) {
    const line = lineOf(input);
    const source = line.querySelector(`[name$="-${box.dataset.source}"]`);
    if (![...source.options].some((one) => one.value === value)) source.add(new Option(text, value));
    source.value = value;
    input.value = text;
    // The server fills in what is empty.
    for (const name of box.dataset.fills.split(" ")) line.querySelector(`[name$="-${name}"]`).value = "";
    close();
    source.dispatchEvent(new Event("input", { bubbles: true }));
    const next = line.querySelector('[data-cell="1"] input');
    next.focus();
    next.select();
  }

  function close() {
    clearTimeout(wait);
    running?.abort();
    if (isOpen()) list.hidePopover();
    input?.removeAttribute("aria-activedescendant");
  }

  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays in the text
  list.addEventListener("click", ({ target }) => {
    const chosen = target.closest(".option");
    if (chosen) take(chosen);
  });
  box.addEventListener("focusout", close);
  addEventListener("scroll", ({ target }) => target !== list && close(), { capture: true, passive: true });
});

// In a text of several lines the arrow goes down in it.
function isSingle(target) {
  return !target.value.slice(target.selectionEnd).includes("\n") && target.offsetHeight < 60;
}

function address(target) {
  const url = new URL(target.dataset.suggest, location.href);
  url.searchParams.set("q", target.value.trim());
  for (const name of target.dataset.with.split(" ")) {
    const value = target.form.elements[name]?.value;
    if (value) url.searchParams.set(name, value);
  }
  return url;
}

function place(list, target) {
  const { left, top, bottom, width } = target.getBoundingClientRect();
  list.style.width = `${Math.max(width, 280)}px`;
  const below = bottom + list.offsetHeight <= document.documentElement.clientHeight;
  list.style.inset = `${below ? bottom : Math.max(0, top - list.offsetHeight)}px auto auto ${left}px`;
}
