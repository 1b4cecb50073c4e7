// The list that one came from: on a record (data-neighbors) the records before and after it there and a
// crumb that leads back to its filters; on the list again, the row that one was at.
import { on } from "./enhance.js";
import { say } from "./words.js";

const came = document.referrer.startsWith(`${location.origin}/`) ? new URL(document.referrer) : null;
const returns = ["back_forward", "reload"].includes(performance.getEntriesByType("navigation")[0]?.type);

on("[data-neighbors]", async (place) => {
  const list = place.dataset.list;
  const base = list.replace(/list\/$/, "");
  if (came?.pathname === list) sessionStorage.setItem(`list:${list}`, came.search);
  else if (!came?.pathname.startsWith(base)) sessionStorage.removeItem(`list:${list}`);
  const asked = sessionStorage.getItem(`list:${list}`);
  if (asked === null) return;
  sessionStorage.setItem(`row:${list}`, location.pathname);
  const crumb = [...document.querySelectorAll(".c-crumbs a")].find((link) => new URL(link.href).pathname === list);
  if (crumb) crumb.href = `${list}${asked}`;
  const answer = await fetch(`${place.dataset.neighbors}${asked}`).catch(() => null);
  if (!answer?.ok) return;
  const shown = new DOMParser().parseFromString(await answer.text(), "text/html");
  place.replaceChildren(...shown.body.children);
});

/** Follow the link to the record before or after this one; whether there is such a list. */
export function step(rel) {
  const place = document.querySelector("[data-neighbors]");
  if (!place?.childElementCount) return false;
  place.querySelector(`a[rel=${rel}]`)?.click();
  return true;
}

/** The keys of the records around this one, as [key, words]. */
export function steps() {
  const known = document.querySelector("[data-neighbors]")?.childElementCount;
  return known ? [["J", say("nextRecord")], ["K", say("previousRecord")]] : [];
}

const linksOf = (list) => [...list.querySelectorAll("[data-row] .main a")];

on("#list", (list) => {
  const key = location.pathname;
  const rows = sessionStorage.getItem(`row:${key}`)?.split(" ") ?? [];
  sessionStorage.removeItem(`row:${key}`);
  if (!rows.length || !(returns || came?.pathname.startsWith(key.replace(/list\/$/, "")))) return;
  const links = linksOf(list);
  const link = rows.map((row) => links.find((one) => one.pathname === row)).find(Boolean);
  if (!link) return;
  link.scrollIntoView({ block: "nearest" });
  link.focus({ preventScroll: true });
});

/** Remember the row of `element`, and those beside it: an action may take it out of the list. */
export function leaveFrom(element) {
  const list = element.closest("#list");
  const links = list ? linksOf(list) : [];
  const at = links.findIndex((link) => link.closest("[data-row]").contains(element));
  const rows = [links[at], links[at + 1], links[at - 1]].filter(Boolean);
  if (at >= 0) sessionStorage.setItem(`row:${location.pathname}`, rows.map((link) => link.pathname).join(" "));
}
