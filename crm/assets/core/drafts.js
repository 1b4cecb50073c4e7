// data-draft: what is typed is kept in this browser, for this person and this form, and offered back
// after an error, an expired session or a closed tab, until the server says that it is saved. Never a
// password, never somebody else's.
import { on } from "./enhance.js";
import { fill, valuesOf } from "./values.js";
import { icon, make, say } from "./words.js";

const ROOT = "comptoir:draft:";
const KEPT_MS = 30 * 24 * 3600 * 1000;
const user = document.body.dataset.user;
const keyOf = (name) => `${ROOT}${user}:${name}`;
const time = (stamp) => new Date(stamp).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hour12: false });
const timers = new WeakMap(); // form → what will keep it in a moment

if (user && !document.querySelector("[data-login-form]")) forget((key) => !key.startsWith(keyOf("")) || isOld(key));

function isOld(key) {
  return Date.now() - JSON.parse(localStorage.getItem(key)).at > KEPT_MS;
}

function forget(which) {
  for (const key of Object.keys(localStorage)) if (key.startsWith(ROOT) && which(key)) localStorage.removeItem(key);
}

/** What is typed in `form` is not wanted any more. */
export function discard(form) {
  clearTimeout(timers.get(form));
  localStorage.removeItem(keyOf(form.dataset.draft));
}

on("[data-saved]", ({ dataset }) => localStorage.removeItem(keyOf(dataset.saved)));

// An edit in place that was not saved opens again with the record.
on(".c-field .edit[hx-get]", (link) => {
  if (!user || !localStorage.getItem(keyOf(link.getAttribute("hx-get")))) return;
  document.addEventListener("htmx:load", () => link.isConnected && link.click(), { once: true });
});

on("form[data-draft]", (form) => {
  if (!user) return;
  const key = keyOf(form.dataset.draft);
  const loaded = valuesOf(form);
  const draft = JSON.parse(localStorage.getItem(key) ?? "null");
  const refused = Boolean(form.querySelector("[aria-invalid]"));
  if (draft && changes(draft.values, loaded) && !refused) offer(form, draft);

  const keep = () => {
    const at = Date.now();
    const values = changes(valuesOf(form), loaded);
    if (!values) return localStorage.removeItem(key);
    localStorage.setItem(key, JSON.stringify({ at, values, version: form.elements.row_version?.value }));
    tell(form, at);
  };
  form.addEventListener("input", () => {
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(keep, 400));
  });
  form.addEventListener("submit", () => {
    clearTimeout(timers.get(form));
    keep();
  });
});

// Only what differs is kept, so that restoring it leaves alone what others have saved meanwhile. The
// lines of a list are one value: a removed one is told by those that are left.
function changes(values, loaded) {
  const group = (name) => name.match(/^(\w+)-\d+-/)?.[1] ?? name;
  const text = (all, one) => JSON.stringify(Object.entries(all).filter(([name]) => group(name) === one));
  const groups = new Set(Object.keys(values).map(group)); // few, where the fields of many lines are thousands
  const changed = new Set([...groups].filter((one) => text(values, one) !== text(loaded, one)));
  return changed.size ? Object.fromEntries(Object.entries(values).filter(([name]) => changed.has(group(name)))) : null;
}

function tell(form, at) {
  const state = document.querySelector(`[data-savebar="${form.id}"] [data-state] > span:last-child`);
  if (!state || state.classList.contains("dot")) return;
  state.querySelector(".kept")?.remove();
  state.append(make("span", { class: "kept hide-s" }, `, ${say("draft", { time: time(at) })}`));
}

function offer(form, draft) {
  const restore = make("button", { type: "button", class: "btn btn-sm" }, say("restore"));
  const drop = make("button", { type: "button", class: "btn btn-ghost btn-sm" }, say("discard"));
  const note = make(
    "div",
    { class: "c-note", role: "status" },
    icon("history"),
    make("div", {}, make("p", {}, say("offer", { time: time(draft.at) })), make("div", { class: "c-row c-gap-t" }, restore, drop)),
  );
  restore.addEventListener("click", () => {
    note.remove();
    addRows(form, draft.values);
    fill(form, draft.values);
    // With the version that it was typed on, the server sees what others have changed since.
    if (draft.version) form.elements.row_version.value = draft.version;
  });
  drop.addEventListener("click", () => {
    note.remove();
    discard(form);
  });
  (form.querySelector(".c-form-main, .c-set-main") ?? form).prepend(note);
}

// Lines that were added before the page was lost have to be there before they can be filled.
function addRows(form, values) {
  for (const box of form.querySelectorAll("[data-lines]")) box.dispatchEvent(new CustomEvent("restore", { detail: values }));
  for (const box of form.querySelectorAll("[data-rows]:not([data-lines])")) {
    const count = box.querySelector("[data-count]");
    const prefix = `${box.dataset.rows}-`;
    const last = Math.max(-1, ...Object.keys(values).map((name) => (name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : -1)));
    for (let number = Number(count.value); number <= last; number += 1) box.querySelector("[data-add-row]").click();
  }
}

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-sign-out]")) forget(() => true);
  if (event.target.closest?.("[data-leave]")) {
    for (const form of document.querySelectorAll("form[data-draft]")) discard(form);
    for (const dirty of document.querySelectorAll("form[data-dirty]")) dirty.dataset.changed = "";
  }
});
