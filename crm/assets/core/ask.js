// data-ask: a page that asks for what an act needs opens as a dialog over the record, a short form
// (data-panel) at the side of it. Without script, and where anything is unusual, it is the page itself.
import { enhance } from "./enhance.js";
import { start, stop } from "./progress.js";
import { icon, make, say } from "./words.js";

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-ask]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  link.closest("[popover]")?.hidePopover();
  const asked = await read(link.href);
  if (asked) open(asked);
  else location.assign(link.href);
});

// data-asks: saving this form may lead to a question first, which opens over it. Anything else that the
// server answers is shown as a page, by sending the form as the browser does.
document.addEventListener(
  "submit",
  async (event) => {
    const form = event.target;
    if (!form.hasAttribute("data-asks") || form.dataset.sent) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.submitter?.getAttribute("aria-disabled") === "true") return;
    form.dataset.sent = "yes"; // nothing is lost by leaving, and it is not sent twice
    const asked = await read(form.action, { method: "POST", body: new FormData(form) });
    if (asked?.next) return location.assign(asked.next);
    if (!asked?.form.querySelector("[data-question]")) return form.submit();
    delete form.dataset.sent;
    open(asked);
  },
  true,
);

/** The form of a page that asks and its words, where it led to if it does not ask, or null.
 *  It comes back as 422 where something is wrong in it, as 409 where the record was changed meanwhile. */
async function read(url, options = {}) {
  start();
  try {
    const answer = await fetch(url, { ...options, headers: { "HX-Request": "true" } });
    if (answer.redirected) return { next: answer.url };
    if (!answer.ok && ![409, 422].includes(answer.status)) return null;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const form = page.querySelector("form#f");
    const bar = page.querySelector("[data-savebar]");
    return form && bar && { form, bar, title: page.getElementById("title")?.textContent.trim() };
  } catch {
    return null;
  } finally {
    stop();
  }
}

function open({ next, form, title, bar }) {
  if (next) return go(next);
  const close = make("button", { type: "button", class: "btn btn-ghost btn-icon", "aria-label": say("close") }, icon("x"));
  const panel = form.hasAttribute("data-panel"); // there the act comes first, as in the bar of a form
  const keep = make("button", { type: "button", class: panel ? "btn btn-ghost" : "btn" }, bar.querySelector("[data-leave]")?.textContent.trim() || say("cancel"));
  const said = bar.querySelector("[type=submit]");
  const act = make("button", { type: "submit", form: "ask", class: said.className }, said.textContent.trim());
  const body = make("div", { class: "bd" });
  const shown = make(
    "dialog",
    { class: panel ? "c-dialog c-panel" : "c-dialog", "aria-labelledby": "ask-title" },
    make("div", { class: "hd" }, make("h2", { id: "ask-title" }, title), close),
    body,
    make("div", { class: "ft" }, ...(panel ? [act, keep] : [keep, act])),
  );
  document.body.append(shown);
  place(body, form);
  shown.showModal();
  (body.querySelector("input:not([type=hidden]), select, textarea") ?? act).focus();
  for (const button of [close, keep]) button.addEventListener("click", () => shown.close());
  shown.addEventListener("close", () => shown.remove());
  shown.addEventListener("submit", (event) => send(event, body, act));
}

// The record one is on is shown anew, with the tab and the place one was at.
function go(url) {
  for (const form of document.querySelectorAll("form[data-asks]")) form.dataset.sent = "yes"; // it is saved
  if (new URL(url).pathname === location.pathname) location.reload();
  else location.assign(url);
}

async function send(event, body, act) {
  if (event.submitter?.hasAttribute("data-whole")) return; // the next page shows what was typed
  event.preventDefault();
  event.stopPropagation();
  if (act.ariaBusy === "true") return; // a second Enter while the first is on its way
  const form = event.target;
  act.setAttribute("aria-busy", "true");
  const answer = await read(form.action, { method: "POST", body: new FormData(form, event.submitter?.form === form ? event.submitter : null) });
  act.removeAttribute("aria-busy");
  const lost = form.querySelector("[data-question]") && answer?.form && !answer.form.querySelector("[data-question]");
  if (!answer || lost) return form.submit(); // what is wrong stands in the form that was asked about
  if (answer.next) return go(answer.next);
  place(body, answer.form);
  document.getElementById("ask-title").textContent = answer.title;
}

// The dialog is short: one message stands beside its field alone, of several a summary tells first.
function place(body, form) {
  const shown = document.importNode(form, true);
  shown.id = "ask";
  shown.className = "c-ask";
  shown.removeAttribute("data-dirty");
  const summary = shown.querySelector("[role=alert][data-focus]");
  if (summary?.querySelectorAll("li").length === 1 && shown.querySelector("[aria-invalid]")) summary.remove();
  body.replaceChildren(shown);
  enhance(body);
  (body.querySelector("[data-focus]") ?? body.querySelector("[aria-invalid]") ?? body.querySelector("[aria-pressed=true]"))?.focus();
}
