// data-bell: the number of unread notices, asked for again while the page is looked at. Its window is
// filled when it opens. data-read: a notice is read by following its link.
import { enhance, on } from "../core/enhance.js";
import { pause, pauseOnReturn } from "./pace.js";

const WAIT = 1000; // milliseconds that a link waits for the server to know that it was followed
const script = { "HX-Request": "true" };

on("[data-bell]", (bell) => {
  const said = document.querySelector("[data-bell-said]");
  let [asked, failures, timer] = [Date.now(), 0, 0];

  const later = (wait) => {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(ask, wait);
  };
  const ask = async () => {
    asked = Date.now();
    const answer = await fetch(bell.dataset.bell, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.status === 401) return; // signed out elsewhere: the next click says so
    failures = answer?.ok ? 0 : failures + 1;
    if (answer?.ok) show(bell, said, await answer.json());
    later(pause(failures));
  };
  document.addEventListener("visibilitychange", () => later(pauseOnReturn(Date.now() - asked, failures)));
  bell.addEventListener("asked", ask);
  later(pause(0));
});

function show(bell, said, { shown, label }) {
  const dot = bell.querySelector(".c-dot");
  const before = dot.dataset.i;
  dot.dataset.i = shown;
  dot.hidden = !shown;
  bell.ariaLabel = label;
  if (parseInt(shown || 0, 10) > parseInt(before || 0, 10)) said.textContent = label;
  for (const button of document.querySelectorAll("[data-unread-only]")) button.hidden = !shown;
}

on("[data-notices-of]", (dialog) => {
  const body = dialog.querySelector(".bd");
  dialog.addEventListener("beforetoggle", async (event) => {
    if (event.newState !== "open") return;
    document.querySelector("[data-bell]").dispatchEvent(new Event("asked"));
    const answer = await fetch(dialog.dataset.noticesOf, { headers: script }).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const latest = page.querySelector("[data-latest]");
    body.replaceChildren(...latest.children);
    dialog.querySelector("[name=newest]").value = latest.dataset.latest; // not those that come meanwhile
    enhance(body);
    dialog.dispatchEvent(new Event("filled"));
    lines(body)[0]?.focus({ preventScroll: true });
  });
});

function lines(list) {
  return [...list.querySelectorAll(".c-notice :is(a, button)")];
}

on("[data-notices]", (list) => {
  list.addEventListener("keydown", (event) => {
    const all = lines(list);
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || !all[to]) return;
    event.preventDefault();
    all[to].focus();
  });
});

// The next page is to count without it, so the link waits a moment; in another tab nothing waits.
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-read]");
  if (!link) return;
  const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  if (!elsewhere) event.preventDefault();
  const token = document.querySelector("meta[name=csrf-token]")?.content ?? "";
  const read = fetch(link.dataset.read, { method: "POST", keepalive: true, headers: { ...script, "X-CSRFToken": token } });
  await Promise.race([read.catch(() => null), new Promise((done) => setTimeout(done, WAIT))]);
  link.removeAttribute("data-read");
  link.closest(".c-notice").classList.remove("new");
  if (!elsewhere) location.assign(link.href);
});
