// data-row-menu: one menu for all lines of a list. It opens with the icons of the line, and the rest of
// what the record's head offers is asked of the server and follows them.
import { enhance, on } from "./enhance.js";
import { buttonOf } from "./menus.js";
import { leaveFrom } from "./place.js";
import { make, say } from "./words.js";

on("[data-row-menu]", (menu) => {
  menu.addEventListener("beforetoggle", (event) => {
    if (event.newState === "open") fill(menu, buttonOf(menu));
  });
  menu.addEventListener("click", () => leaveFrom(buttonOf(menu)));
});

async function fill(menu, button) {
  const actions = [...button.parentElement.children].filter((action) => action !== button);
  const [calm, bad] = [actions.filter((one) => !isBad(one)), actions.filter(isBad)];
  const rule = calm.length && bad.length ? [make("div", { class: "dropdown-divider", role: "separator" })] : [];
  menu.replaceChildren(...calm.map(entry), ...rule, ...bad.map(entry));
  menu.ariaLabel = button.ariaLabel;
  enhance(menu);
  if (!menu.dataset.rowMenu) return;
  menu.ariaBusy = "true";
  const rest = await read(`${menu.dataset.rowMenu}${button.closest("tr").dataset.row}`);
  if (buttonOf(menu) === button) complete(menu, rest ?? []);
}

// The entries of the icons stay where they are, under the finger that is about to press one.
function complete(menu, rest) {
  const known = new Set([...menu.children].map(target));
  menu.append(...rest.filter((item) => item.role === "separator" || !known.has(target(item))));
  for (const rule of menu.querySelectorAll("[role=separator]:is(:first-child, :last-child)")) rule.remove();
  if (!menu.childElementCount) menu.append(make("div", { class: "dropdown-item c-muted", role: "menuitem", "aria-disabled": "true", tabindex: "-1" }, say("noAction")));
  enhance(menu);
  menu.ariaBusy = "false";
  menu.dispatchEvent(new Event("filled"));
}

function target(item) {
  return (item.getAttribute("formaction") ?? item.getAttribute("href") ?? "").split("?row_version")[0];
}

async function read(url) {
  const answer = await fetch(url, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer?.ok) return null;
  return [...new DOMParser().parseFromString(await answer.text(), "text/html").body.children];
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
