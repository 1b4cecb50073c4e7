// Single-letter keys, outside fields only, and the dialog that lists them. The letters after G and C
// follow the words of the menu, so they change with the language.
import { dialog } from "./dialog.js";
import { on } from "./enhance.js";
import { groups } from "./groups.js";
import { step, steps } from "./place.js";
import { make, plain, say } from "./words.js";

const single = document.body.dataset.keys !== "off";
let first = "";
let clock;

// Each entry takes the first letter of its words that is free.
function letters(selector) {
  const taken = new Map();
  const entries = [...document.querySelectorAll(selector)];
  const text = (entry) => (entry.querySelector(".c-cut") ?? entry).textContent.trim();
  for (const entry of entries) {
    const free = [...plain(text(entry))].find((letter) => /[a-z]/.test(letter) && !taken.has(letter));
    if (free) taken.set(free, entry);
  }
  return taken;
}

const go = () => letters(".c-side [data-go]:not(.c-nav-folding + div *), .c-side .c-side-foot a");
const create = () => letters("[data-create]");

// On a record, what is created hangs on that record where the page offers it.
const ofRecord = (entry) => !entry.search && [...document.querySelectorAll(".c-head a")].find((link) => link.pathname === entry.pathname);

function rows() {
  return [...document.querySelectorAll("[data-rows-keys] [data-row] .main")].map((cell) => cell.querySelector("a") ?? cell);
}

function moveRow(step) {
  const links = rows();
  if (!links.length) return;
  const at = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  const link = links[at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + step, 0), links.length - 1)];
  link.focus();
  link.scrollIntoView({ block: "nearest" });
}

const acts = {
  "/": () => document.querySelector("[data-find]")?.select(),
  j: () => step("next") || moveRow(1),
  k: () => step("prev") || moveRow(-1),
  ".": () => (document.activeElement.closest("[data-row]")?.querySelector(".c-more") ?? document.querySelector('[popovertarget="more"]'))?.click(),
  e: () => document.querySelector('[data-key="e"]')?.click(),
  v: () => convert()?.click(),
  f: () => addFilter()?.click(),
  "?": list,
};

const addFilter = () => document.querySelector('[popovertarget="flt"]');
const convert = () => document.querySelector('[data-key="v"]');
const undo = () => document.querySelector('[data-toast] [aria-keyshortcuts="Control+Z"]');

document.addEventListener("keydown", (event) => {
  const inField = event.target.closest?.("input, textarea, select, [contenteditable], [data-menu], dialog");
  if (inField || event.altKey || event.defaultPrevented) return;
  if (event.ctrlKey || event.metaKey) {
    if (event.key.toLowerCase() === "z" && !event.shiftKey) undo()?.click();
    return;
  }
  if (!single && event.key !== "?") return;
  const key = event.key.toLowerCase();
  const second = { g: go, c: create }[first]?.().get(key);
  forget();
  if (second) {
    event.preventDefault();
    (ofRecord(second) || second).click();
  } else if (key === "g" || key === "c") {
    first = key;
    clock = setTimeout(forget, 1500);
  } else if (acts[key]) {
    event.preventDefault();
    acts[key]();
  }
});

function forget() {
  clearTimeout(clock);
  first = "";
}

function line(keys, words) {
  return make("div", {}, make("dt", { class: "c-kbds" }, ...keys.map((key) => make("kbd", {}, key))), make("dd", {}, words));
}

function list() {
  const words = (entry) => (entry.querySelector(".c-cut") ?? entry).textContent.trim().replace(/\s*\d[\d\s]*$/, "");
  const page = [
    ...(document.querySelector("[data-find]") ? [line(["/"], say("find"))] : []),
    ...(addFilter() ? [line(["F"], say("addFilter"))] : []),
    ...(rows().length ? [line(["J"], say("next")), line(["K"], say("previous"))] : []),
    ...steps().map(([key, words]) => line([key], words)),
    ...(rows().length ? [line([say("enter")], say("open")), line(["."], say("rowMenu"))] : []),
    ...(document.querySelector('[data-key="e"]') ? [line(["E"], say("edit"))] : []),
    ...(convert() ? [line(["V"], convert().textContent.trim())] : []),
    ...(undo() ? [line([say("ctrl"), "Z"], say("undo"))] : []),
    ...(document.querySelector("form[data-dirty]") ? [line([say("ctrl"), say("enter")], say("saveKey"))] : []),
    ...(groups().length > 1 ? [line([say("alt"), say("pageDown")], say("nextGroup"))] : []),
    line([say("esc")], say("closeKey")),
    line(["?"], say("thisList")),
    ...[...go()].map(([letter, entry]) => line(["G", letter.toUpperCase()], say("goTo", { page: words(entry) }))),
    ...[...create()].map(([letter, entry]) => line(["C", letter.toUpperCase()], say("create", { entity: words(entry) }))),
  ];
  dialog(say("keys"), make("dl", { class: "c-keys", tabindex: "0" }, ...page));
}

on("[data-show-keys]", (button) => button.addEventListener("click", list));

// The menus show the letters; screen readers have them in the dialog.
if (single) {
  for (const [letter, entry] of create()) {
    const keys = ["C", letter.toUpperCase()].map((key) => make("kbd", { "data-k": key }));
    entry.append(make("span", { class: "c-kbds", "aria-hidden": "true" }, ...keys));
  }
}

