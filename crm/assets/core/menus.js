// data-menu and every popover: its place beside the button, arrow keys, and which button opened it.
import { on } from "./enhance.js";
import { plain } from "./words.js";

const GAP = 4;
const opener = new WeakMap();
const placed = new WeakMap(); // where the button was
let early = []; // keys pressed in a menu before its entries came
const phone = matchMedia("(max-width: 767.98px)");
const focusable = '[role^="menuitem"]:not([hidden])';

export function buttonOf(popover) {
  return opener.get(popover) ?? document.querySelector(`[popovertarget="${popover.id}"]`);
}

/** Show `popover` beside `button`; the focus is in it before the next key. */
export function openFrom(popover, button) {
  opener.set(popover, button);
  early = [];
  popover.showPopover();
  place(popover, button);
  focusIn(popover);
}

// The browser would tell of it later, and a quick key would go to the page behind.
document.addEventListener(
  "click",
  (event) => {
    const button = event.target.closest?.("[popovertarget]");
    const popover = button && document.getElementById(button.getAttribute("popovertarget"));
    if (!popover) return;
    event.preventDefault();
    const before = popover.matches(":popover-open") ? buttonOf(popover) : null;
    if (before) popover.hidePopover();
    if (before === button) return;
    before?.setAttribute("aria-expanded", "false"); // a menu that several buttons open moves to the one pressed
    const menu = button.closest("[popover]");
    openFrom(popover, menu ? buttonOf(menu) : button); // what an entry opens takes the place of its menu
  },
  true,
);

on("[popover]:not(dialog)", (popover) => {
  popover.addEventListener("toggle", (event) => {
    buttonOf(popover)?.setAttribute("aria-expanded", String(event.newState === "open"));
  });
  // Entries that came after it was opened.
  popover.addEventListener("filled", () => {
    place(popover, buttonOf(popover));
    if (document.activeElement === popover || !popover.contains(document.activeElement)) focusIn(popover);
    for (const key of early.splice(0)) press(popover, key);
  });
});

function focusIn(popover) {
  const first = firstOf(popover);
  if (!first) popover.tabIndex = -1;
  (first ?? popover).focus({ preventScroll: true });
}

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
  placed.set(popover, from);
}

// The place is the window's, so a menu does not follow its button: scrolling closes it. Content that
// comes above scrolls too, but so that the button stays where it is.
addEventListener(
  "scroll",
  (event) => {
    const open = document.querySelector("[data-menu]:popover-open");
    if (open && !phone.matches && !open.contains(event.target) && isAway(open)) open.hidePopover();
  },
  { capture: true, passive: true },
);

function isAway(popover) {
  const was = placed.get(popover);
  const now = buttonOf(popover)?.getBoundingClientRect();
  return !was || !now || Math.abs(now.top - was.top) > 1 || Math.abs(now.left - was.left) > 1;
}

// Where nothing scrolls such content moves the button, and its menu with it; the browser has decided
// which by the second frame.
document.addEventListener("moved", () => {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      const open = document.querySelector("[popover]:popover-open:not(dialog)");
      if (open && placed.has(open)) place(open, buttonOf(open));
    }),
  );
});

function visible(menu) {
  return [...menu.querySelectorAll(focusable)].filter((item) => item.checkVisibility());
}

on("[data-menu]", (menu) => {
  menu.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Tab") menu.hidePopover();
    else if (isLetter(event.key)) event.stopPropagation();
    const done = !early.length && event.key !== "Enter" && press(menu, event.key);
    if (done || wait(menu, event.key)) event.preventDefault();
  });
});

function wait(menu, key) {
  const meant = isLetter(key) || key === "Enter" || key.startsWith("Arrow");
  const lacks = early.length || isLetter(key) || document.activeElement === menu;
  if (menu.ariaBusy !== "true" || !meant || !lacks) return false;
  early.push(key);
  return true;
}

function press(menu, key) {
  const items = visible(menu);
  const at = items.indexOf(document.activeElement);
  if (key === "Enter" && at >= 0) items[at].click();
  const to = {
    ArrowDown: items[(at + 1) % items.length],
    ArrowUp: items.at(at < 0 ? -1 : at - 1),
    Home: items[0],
    End: items.at(-1),
  }[key];
  const found = to ?? (isLetter(key) ? byLetter(items, at, plain(key)) : null);
  found?.focus();
  return Boolean(found);
}

function isLetter(key) {
  return key.length === 1 && key !== " ";
}

let typed = "";
let clock;

// Letters in quick succession are the beginning of an entry's words; one alone, pressed again, goes on
// to the next entry with it.
function byLetter(items, at, letter) {
  clearTimeout(clock);
  clock = setTimeout(() => (typed = ""), 1000);
  typed = typed === letter ? letter : typed + letter;
  const from = typed.length > 1 ? at : at + 1;
  const rest = [...items.slice(from), ...items.slice(0, from)];
  const beginning = (text) => rest.find((item) => plain(item.textContent.trim()).startsWith(text));
  if (!beginning(typed)) typed = letter;
  return beginning(typed);
}
