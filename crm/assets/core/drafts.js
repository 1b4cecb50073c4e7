// data-draft: what is typed is kept in this browser, for this person and this form, and offered back
// after an error, an expired session or a closed tab. Never a password, never somebody else's.
import { on } from "./enhance.js";
import { fill, valuesOf } from "./values.js";
import { icon, make, say } from "./words.js";

const ROOT = "comptoir:draft:";
const SENT = "comptoir:sent";
const KEPT_MS = 30 * 24 * 3600 * 1000;
const user = document.body.dataset.user;
const keyOf = (form) => `${ROOT}${user}:${form.dataset.draft}`;
const time = (stamp) => new Date(stamp).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hour12: false });

if (document.querySelector("[data-login-form]") || document.body.dataset.status) {
  sessionStorage.removeItem(SENT); // the save did not arrive: its draft stays
} else if (user) {
  forget((key) => !key.startsWith(`${ROOT}${user}:`) || isOld(key));
  settle();
}

function isOld(key) {
  return Date.now() - JSON.parse(localStorage.getItem(key)).at > KEPT_MS;
}

function forget(which) {
  for (const key of Object.keys(localStorage)) if (key.startsWith(ROOT) && which(key)) localStorage.removeItem(key);
}

// The page after a save is not the form again: then the draft has done its work. Two versions to choose
// from are still on the way there.
function settle() {
  const sent = sessionStorage.getItem(SENT);
  if (!sent || document.querySelector("[data-keep-draft]")) return;
  sessionStorage.removeItem(SENT);
  const again = [...document.querySelectorAll("form[data-draft]")].some((form) => keyOf(form) === sent);
  if (!again) localStorage.removeItem(sent);
}

on("form[data-draft]", (form) => {
  if (!user) return;
  const key = keyOf(form);
  const loaded = JSON.stringify(valuesOf(form));
  let draft = JSON.parse(localStorage.getItem(key) ?? "null");
  const refused = Boolean(form.querySelector("[aria-invalid]"));
  if (draft && JSON.stringify(draft.values) !== loaded && !refused) offer(form, draft, key);
  else draft = null;

  let wait;
  const keep = () => {
    const values = valuesOf(form);
    if (JSON.stringify(values) === loaded) localStorage.removeItem(key);
    else {
      const at = Date.now();
      localStorage.setItem(key, JSON.stringify({ at, values }));
      tell(form, at);
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(keep, 400);
  });
  form.addEventListener("submit", () => {
    clearTimeout(wait);
    keep();
    sessionStorage.setItem(SENT, key);
  });
});

function tell(form, at) {
  const state = document.querySelector(`[data-savebar="${form.id}"] [data-state] > span:last-child`);
  if (!state || state.classList.contains("dot")) return;
  state.querySelector(".kept")?.remove();
  state.append(make("span", { class: "kept hide-s" }, `, ${say("draft", { time: time(at) })}`));
}

function offer(form, draft, key) {
  const restore = make("button", { type: "button", class: "btn btn-sm" }, say("restore"));
  const discard = make("button", { type: "button", class: "btn btn-ghost btn-sm" }, say("discard"));
  const note = make(
    "div",
    { class: "c-note", role: "status" },
    icon("history"),
    make("div", {}, make("p", {}, say("offer", { time: time(draft.at) })), make("div", { class: "c-row c-gap-t" }, restore, discard)),
  );
  restore.addEventListener("click", () => {
    note.remove();
    addRows(form, draft.values);
    fill(form, draft.values);
  });
  discard.addEventListener("click", () => {
    note.remove();
    localStorage.removeItem(key);
  });
  (form.querySelector(".c-form-main, .c-set-main") ?? form).prepend(note);
}

// Lines that were added before the page was lost have to be there before they can be filled.
function addRows(form, values) {
  for (const box of form.querySelectorAll("[data-rows]")) {
    const count = box.querySelector("[data-count]");
    const prefix = `${box.dataset.rows}-`;
    const last = Math.max(-1, ...Object.keys(values).map((name) => (name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : -1)));
    for (let number = Number(count.value); number <= last; number += 1) box.querySelector("[data-add-row]").click();
  }
}

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-sign-out]")) forget(() => true);
  if (event.target.closest?.("[data-leave]")) {
    const form = document.querySelector("form[data-draft]");
    if (form) localStorage.removeItem(keyOf(form));
    for (const dirty of document.querySelectorAll("form[data-dirty]")) dirty.dataset.changed = "";
  }
});
