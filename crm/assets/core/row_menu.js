// data-row-menu: one menu for all lines of a list, filled from the icons of the line that opens it.
import { enhance, on } from "./enhance.js";
import { buttonOf } from "./menus.js";
import { make } from "./words.js";

on("[data-row-menu]", (menu) => {
  menu.addEventListener("beforetoggle", (event) => {
    if (event.newState === "open") fill(menu, buttonOf(menu));
  });
});

function fill(menu, button) {
  const actions = [...button.parentElement.children].filter((action) => action !== button);
  const [calm, bad] = [actions.filter((one) => !isBad(one)), actions.filter(isBad)];
  const rule = calm.length && bad.length ? [make("div", { class: "dropdown-divider", role: "separator" })] : [];
  menu.replaceChildren(...calm.map(entry), ...rule, ...bad.map(entry));
  menu.ariaLabel = button.ariaLabel;
  enhance(menu);
}

function isBad(action) {
  return action.classList.contains("bad");
}

// The same link or button, with its words beside its icon.
function entry(action) {
  const item = action.cloneNode(true);
  item.className = isBad(action) ? "dropdown-item bad" : "dropdown-item";
  item.setAttribute("role", "menuitem");
  for (const name of ["tabindex", "aria-label", "title"]) item.removeAttribute(name);
  item.append(action.ariaLabel);
  return item;
}
