// The toolbar: one stop of the Tab key, arrows between its buttons.
import { enhance } from "../core/enhance.js";
import { icon, make } from "../core/words.js";
import { bold, bulletList, hasMark, heading, isIn, italic, orderedList, paragraph, quotation, styleOf, undo } from "./commands.js";
import { schema } from "./schema.js";

const { nodes, marks } = schema;
const STYLES = { p: paragraph, h2: heading(2), h3: heading(3) };

/** The toolbar of `view`, which is made later; `openLink` is the command for a link. */
export function toolbar(id, words, openLink, view) {
  const run = (command) => () => {
    command(view().state, view().dispatch, view());
    if (command !== openLink) view().focus();
  };
  const button = (name, sign, command, pressed) => {
    const made = make("button", { type: "button", class: "btn btn-ghost", tabindex: "-1", "aria-label": words[name], title: words[name] }, icon(sign));
    made.addEventListener("click", run(command));
    return { made, command, pressed };
  };
  const parts = [
    styles(id, words, run),
    null,
    button("bold", "bold", bold, (state) => hasMark(state, marks.strong)),
    button("italic", "italic", italic, (state) => hasMark(state, marks.em)),
    button("link", "link", openLink, (state) => hasMark(state, marks.link)),
    null,
    button("bullets", "list", bulletList, (state) => isIn(state, nodes.bullet_list)),
    button("numbers", "list-numbers", orderedList, (state) => isIn(state, nodes.ordered_list)),
    button("quotation", "blockquote", quotation, (state) => isIn(state, nodes.blockquote)),
    null,
    button("undo", "arrow-back-up", undo),
  ];
  const bar = make("div", { class: "bar", role: "toolbar", "aria-label": words.toolbar, "aria-controls": id });
  bar.append(...parts.flatMap((part) => (part ? [part.made, ...(part.menu ? [part.menu] : [])] : [make("span", { class: "sep" })])));
  const buttons = parts.filter(Boolean).map(({ made }) => made);
  rove(bar, buttons);
  enhance(bar);
  const update = (state) => {
    for (const { made, command, pressed } of parts.filter(Boolean)) {
      if (pressed) made.setAttribute("aria-pressed", String(pressed(state)));
      if (command) made.setAttribute("aria-disabled", String(!command(state)));
    }
    parts[0].show(state);
  };
  return { bar, update };
}

// The menu of paragraph and headings.
function styles(id, words, run) {
  const shown = make("span", {}, words.p);
  const menuId = `${id}-style`;
  const made = make(
    "button",
    { type: "button", class: "btn btn-ghost tx", tabindex: "-1", popovertarget: menuId, "aria-haspopup": "menu", "aria-expanded": "false" },
    shown,
    icon("chevron-down"),
  );
  const items = Object.entries(STYLES).map(([name, command]) => {
    const item = make("button", { type: "button", class: "dropdown-item", role: "menuitemradio" }, words[name]);
    item.addEventListener("click", () => {
      menu.hidePopover();
      run(command)();
    });
    return { name, item, command };
  });
  const menu = make("div", { class: "dropdown-menu", id: menuId, popover: "auto", role: "menu", "aria-label": words.style, "data-menu": true }, ...items.map(({ item }) => item));
  const show = (state) => {
    const current = styleOf(state);
    shown.textContent = words[current];
    for (const { name, item, command } of items) {
      item.setAttribute("aria-checked", String(name === current));
      item.setAttribute("aria-disabled", String(name !== current && !command(state)));
    }
  };
  return { made, menu, show };
}

// A roving tabindex (ARIA, toolbar pattern).
function rove(bar, buttons) {
  buttons[0].tabIndex = 0;
  // Pressed by a mouse, a button takes no focus from the text and its selection.
  bar.addEventListener("mousedown", (event) => event.preventDefault());
  bar.addEventListener("focusin", ({ target }) => {
    if (buttons.includes(target)) for (const one of buttons) one.tabIndex = one === target ? 0 : -1;
  });
  bar.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(event.target);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    buttons.at(to % buttons.length).focus();
  });
}
