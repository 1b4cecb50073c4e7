// data-languages: the texts of a record in each language, as tabs; its value is the name of their list.
// Without script they stand below each other, each under its heading.
import { on } from "./enhance.js";
import { make } from "./words.js";

on("[data-languages]", (box) => {
  const panels = [...box.querySelectorAll("[data-language]")];
  const tabs = panels.map(tabOf);

  const show = (chosen) => {
    panels.forEach((panel, at) => {
      panel.hidden = panel !== chosen;
      tabs[at].setAttribute("aria-selected", String(panel === chosen));
      tabs[at].tabIndex = panel === chosen ? 0 : -1;
    });
  };
  box.prepend(make("div", { class: "c-tabs c-flush", role: "tablist", "aria-label": box.dataset.languages }, ...tabs));
  show(panels.find((panel) => panel.querySelector("[aria-invalid]")) ?? panels.find((panel) => "first" in panel.dataset) ?? panels[0]);

  for (const [at, tab] of tabs.entries()) tab.addEventListener("click", () => show(panels[at]));
  box.addEventListener("keydown", (event) => {
    const at = tabs.indexOf(event.target);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const next = (to + tabs.length) % tabs.length;
    tabs[next].focus();
    show(panels[next]);
  });
  box.addEventListener("input", ({ target }) => {
    const panel = target.closest("[data-language]");
    const fields = [...panel.querySelectorAll("input, textarea")];
    tabs[panels.indexOf(panel)].querySelector("[data-empty]").hidden = fields.some((field) => field.value.trim());
  });
  // A message above the form leads to a field of any language.
  box.closest("form").addEventListener("click", ({ target }) => {
    const id = target.closest("a[href^='#']")?.hash.slice(1);
    const panel = id && document.getElementById(id)?.closest("[data-language]");
    if (panel && panels.includes(panel)) show(panel);
  });
});

// The heading becomes the tab.
function tabOf(panel) {
  const heading = panel.querySelector("h3");
  const tab = make("button", { type: "button", class: "c-tab", role: "tab", id: heading.id, "aria-controls": `${heading.id}-panel` }, ...heading.childNodes);
  heading.remove();
  panel.setAttribute("role", "tabpanel");
  panel.id = `${heading.id}-panel`;
  return tab;
}
