// data-menu and every popover: its place beside the button, arrow keys, and which button opened it.
import { on } from "./enhance.js";
import { plain } from "./words.js";

const GAP = 4;
const opener = new WeakMap();
const phone = matchMedia("(max-width: 767.98px)");
const focusable = '[role^="menuitem"]:not([hidden])';

export function buttonOf(popover) {
  return opener.get(popover) ?? document.querySelector(`[popovertarget="${popover.id}"]`);
}

export function openFrom(popover, button) {
  opener.set(popover, button);
  popover.showPopover();
}

document.addEventListener(
  "click",
  (event) => {
    const button = event.target.closest?.("[popovertarget]");
    const popover = button && document.getElementById(button.getAttribute("popovertarget"));
    if (popover) change(popover, button);
  },
  true,
);

// A menu that several buttons open moves to the one that is pressed, instead of closing.
function change(popover, button) {
  const before = opener.get(popover);
  if (popover.matches(":popover-open") && before && before !== button) {
    before.setAttribute("aria-expanded", "false");
    popover.hidePopover();
  }
  if (!popover.matches(":popover-open")) opener.set(popover, button);
}

on("[popover]:not(dialog)", (popover) => {
  popover.addEventListener("toggle", (event) => {
    const open = event.newState === "open";
    const button = buttonOf(popover);
    button?.setAttribute("aria-expanded", String(open));
    if (!open) return;
    place(popover, button);
    firstOf(popover)?.focus({ preventScroll: true });
  });
  // Entries that came after it was opened.
  popover.addEventListener("filled", () => {
    place(popover, buttonOf(popover));
    if (!popover.contains(document.activeElement)) firstOf(popover)?.focus({ preventScroll: true });
  });
});

function firstOf(popover) {
  if (popover.matches("[data-menu]")) return visible(popover)[0];
  const asked = popover.querySelector("[data-values] :is(.ts-control input, input:not([type=hidden]), select:not(.tomselected))");
  return asked ?? popover.querySelector("input:not([type=hidden]), .ts-control input, select:not(.tomselected), button, a");
}

// Below the button, on its left or right edge, above where there is no room. On a phone the
// stylesheet makes it a sheet at the foot, and the inset stays as it is.
function place(popover, button) {
  if (!button || phone.matches) {
    popover.style.removeProperty("inset");
    return;
  }
  const from = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = popover;
  const { clientWidth, clientHeight } = document.documentElement;
  const left = from.left + width <= clientWidth - GAP ? from.left : Math.max(GAP, from.right - width);
  const below = from.bottom + GAP + height <= clientHeight;
  const top = below ? from.bottom + GAP : Math.max(GAP, from.top - GAP - height);
  popover.style.inset = `${top}px auto auto ${left}px`;
}

// The place is the window's, so a menu does not follow its button: scrolling closes it.
addEventListener(
  "scroll",
  (event) => {
    const open = document.querySelector("[data-menu]:popover-open");
    if (open && !phone.matches && !open.contains(event.target)) open.hidePopover();
  },
  { capture: true, passive: true },
);

function visible(menu) {
  return [...menu.querySelectorAll(focusable)].filter((item) => item.checkVisibility());
}

on("[data-menu]", (menu) => {
  menu.addEventListener("keydown", (event) => {
    const items = visible(menu);
    const at = items.indexOf(document.activeElement);
    const to = {
      ArrowDown: () => items[(at + 1) % items.length],
      ArrowUp: () => items[(at - 1 + items.length) % items.length],
      Home: () => items[0],
      End: () => items.at(-1),
    }[event.key];
    if (to) {
      event.preventDefault();
      to().focus();
    } else if (event.key === "Tab") {
      menu.hidePopover();
    } else if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) {
      byLetter(items, at, event);
    }
  });
});

let typed = "";
let clock;

// Letters in quick succession are the beginning of an entry's words; one alone, pressed again, goes on
// to the next entry with it.
function byLetter(items, at, event) {
  event.stopPropagation();
  clearTimeout(clock);
  clock = setTimeout(() => (typed = ""), 1000);
  const letter = plain(event.key);
  typed = typed === letter ? letter : typed + letter;
  const from = typed.length > 1 ? at : at + 1;
  const rest = [...items.slice(from), ...items.slice(0, from)];
  const beginning = (text) => rest.find((item) => plain(item.textContent.trim()).startsWith(text));
  if (!beginning(typed)) typed = letter;
  const found = beginning(typed);
  if (!found) return;
  event.preventDefault();
  found.focus();
}
