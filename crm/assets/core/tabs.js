// data-tabs: the tabs of a record. Arrows move, what is below them is fetched once and kept with what is
// typed in it, and the tab is in the address.
import htmx from "htmx.org";

import { enhance, on } from "./enhance.js";
import { start, stop } from "./progress.js";

on(".c-tab[aria-current]", (tab) => tab.scrollIntoView({ block: "nearest", inline: "nearest" }));

on("[data-tabs]", (list) => {
  const tabs = [...list.querySelectorAll("[role=tab]")];
  const panels = new Map();
  const titles = new Map();
  let current = tabs.find((tab) => tab.getAttribute("aria-selected") === "true") ?? tabs[0];
  if (!current) return;
  current.scrollIntoView({ block: "nearest", inline: "nearest" });
  history.replaceState({ ...history.state, tab: current.id }, "");

  async function show(tab, remember = true) {
    if (tab === current) return;
    const old = document.getElementById("record");
    panels.set(current.id, old);
    titles.set(current.id, document.title);
    const [panel, title] = panels.has(tab.id) ? [panels.get(tab.id), titles.get(tab.id)] : await fetchPanel(tab.href);
    if (!panel) return location.assign(tab.href);
    old.replaceWith(panel);
    document.title = title;
    for (const one of tabs) {
      one.setAttribute("aria-selected", String(one === tab));
      one.tabIndex = one === tab ? 0 : -1;
    }
    current = tab;
    if (!panels.has(tab.id)) {
      htmx.process(panel);
      enhance(panel);
    }
    if (remember) history.pushState({ tab: tab.id }, "", tab.href);
  }

  list.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (!tab || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(tab);
  });
  list.addEventListener("keydown", (event) => {
    const at = tabs.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const tab = tabs[(to + tabs.length) % tabs.length];
    tab.focus();
    show(tab);
  });
  addEventListener("popstate", (event) => {
    const tab = tabs.find((one) => one.id === event.state?.tab);
    if (tab) show(tab, false);
  });
});

async function fetchPanel(url) {
  start();
  try {
    const answer = await fetch(url, { headers: { "HX-Request": "true" } });
    if (!answer.ok || answer.redirected) return [];
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return [page.getElementById("record"), page.title];
  } catch {
    return [];
  } finally {
    stop();
  }
}
