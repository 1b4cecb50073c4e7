// data-lines: the lines of a table by keys. Enter goes down and adds a line after the last, Alt with an
// arrow moves the line, Ctrl+Backspace deletes it; what was deleted or pasted comes back by Ctrl+Z.
import "./suggest.js";
import { on } from "./enhance.js";
import { pasteInto } from "./line_paste.js";
import { addLine, cellOf, columnOf, isBlank, lineOf, linesOf, number, remember, tellOf } from "./line_table.js";
import { buttonOf } from "./menus.js";
import { toast } from "./toasts.js";
import { say } from "./words.js";

on("[data-lines]", (box) => {
  const menu = box.querySelector("#line-menu");
  let down = {}; // the column that Enter goes down in, through lines that lack it
  let undo = null; // what Ctrl+Z takes back, until something else is typed

  box.addEventListener("keydown", (event) => {
    const line = lineOf(event.target);
    if (!line || event.defaultPrevented) return;
    const act = actOf(event, line);
    if (!act) return;
    event.preventDefault();
    act();
  });

  function actOf(event, line) {
    const { key, altKey, target } = event;
    const ctrl = event.ctrlKey || event.metaKey;
    if (altKey && !ctrl && key === "ArrowUp") return () => move(line, -1, target);
    if (altKey && !ctrl && key === "ArrowDown") return () => move(line, 1, target);
    if (ctrl && !altKey && key === "Backspace" && columnOf(target) !== null) return () => remove(line);
    if (ctrl && key.toLowerCase() === "z" && !event.shiftKey && undo) return undo;
    const plain = key === "Enter" && !ctrl && !altKey && !event.shiftKey;
    return plain && columnOf(target) !== null ? () => leave(line, target) : null;
  }

  function leave(line, target) {
    const column = down.cell === target ? down.column : columnOf(target);
    const lines = linesOf(box);
    const next = lines[lines.indexOf(line) + 1];
    if (!next) return isBlank(line) ? null : add();
    const cell = cellOf(next, column) ?? cellOf(next, 0);
    down = { cell, column };
    enter(cell);
  }

  // A line that was begun and left empty stays the last one.
  function add(kind = "", before = null) {
    const last = linesOf(box).at(-1);
    const line = addLine(box, kind, before ?? (last && !isItemKind(kind) && isBlank(last) ? last : null));
    if (!line) return tell(say("tooManyLines", { most: box.dataset.most }));
    tellOf(box);
    enter(cellOf(line, 0));
  }

  function isItemKind(kind) {
    return !kind || kind === box.querySelector("template").dataset.kind;
  }

  function move(line, step, focused) {
    const lines = linesOf(box);
    const other = lines[lines.indexOf(line) + step];
    if (!other) return;
    if (step < 0) other.before(line);
    else other.after(line);
    number(box);
    focused?.focus(); // moved elements lose it
    line.scrollIntoView({ block: "nearest" });
    tell(say("moved", { place: lines.indexOf(other) + 1 }));
    tellOf(box);
  }

  function remove(line) {
    const lines = linesOf(box);
    const at = lines.indexOf(line);
    const column = columnOf(document.activeElement) ?? 0;
    const back = remember(box);
    line.remove();
    const rest = lines[at + 1] ?? lines[at - 1] ?? addLine(box);
    number(box);
    tellOf(box);
    enter(cellOf(rest, column) ?? cellOf(rest, 0));
    offer(say("lineRemoved", { number: at + 1 }), back, () => enter(cellOf(line, column) ?? cellOf(line, 0)));
  }

  /** Say what was done, with a way back. */
  function offer(text, back, focus) {
    undo = () => {
      undo = null;
      back();
      focus();
      tell(say("undone"));
      note.remove();
    };
    const note = toast(text, undo);
  }

  function tell(text) {
    box.querySelector("[data-said]").textContent = text;
  }

  box.addEventListener("input", () => {
    undo = null;
  });

  // What a new line begins with is there to be typed over.
  box.addEventListener("focusin", ({ target }) => {
    const line = lineOf(target);
    const isNew = line && !line.querySelector('[name$="-id"]').value;
    if (isNew && columnOf(target) === 0 && target.value === target.defaultValue) target.select?.();
  });

  box.addEventListener("paste", (event) => {
    const back = remember(box);
    const told = pasteInto(box, event, (why) => toast(why));
    if (!told) return;
    const { target } = event;
    offer(told, back, () => target.focus());
  });

  box.addEventListener("click", ({ target }) => {
    const line = lineOf(target);
    if (target.closest("[data-remove-line]")) remove(line);
    const button = target.closest("[data-add-line]");
    if (button) add(button.dataset.addLine);
  });

  menu.addEventListener("click", ({ target }) => {
    const act = target.closest("[data-line-do]")?.dataset.lineDo;
    const button = buttonOf(menu);
    const line = button && lineOf(button);
    if (!act || !line) return;
    menu.hidePopover();
    ({
      more: () => open(line),
      up: () => move(line, -1, button),
      down: () => move(line, 1, button),
      insert: () => add("", line),
      remove: () => remove(line),
    })[act]();
  });

  // A title or a text has no more than its own longer text.
  function open(line) {
    line.classList.add("open");
    const [first] = [...line.querySelectorAll(".desc textarea, .more :is(input, select)")].filter((one) => one.checkVisibility());
    first?.focus();
  }

  box.addEventListener("restore", ({ detail }) => rebuild(box, detail));

  box.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-grip]");
    if (!grip) return;
    const line = lineOf(grip);
    event.preventDefault();
    grip.focus();
    const drag = ({ clientY }) => {
      const lines = linesOf(box);
      const at = lines.indexOf(line);
      const middle = (other) => other && other.getBoundingClientRect().top + other.offsetHeight / 2;
      if (lines[at - 1] && clientY < middle(lines[at - 1])) move(line, -1, grip);
      else if (lines[at + 1] && clientY > middle(lines[at + 1])) move(line, 1, grip);
    };
    document.addEventListener("pointermove", drag);
    for (const end of ["pointerup", "pointercancel"]) {
      document.addEventListener(end, () => document.removeEventListener("pointermove", drag), { once: true });
    }
  });
});

function enter(cell) {
  cell?.focus();
  if (cell?.matches("input")) cell.select();
}

// The lines of a draft, before it is filled in: stored ones are found by their keys, the others are made.
function rebuild(box, values) {
  const prefix = `${box.dataset.rows}-`;
  const text = (n, name) => values[`${prefix}${n}-${name}`]?.[0]?.[0] ?? "";
  const numbers = [...new Set(Object.keys(values).filter((name) => name.startsWith(prefix)).map((name) => Number.parseInt(name.slice(prefix.length), 10)))];
  if (!numbers.length) return;
  const keyOf = (line) => line.querySelector('[name$="-id"]').value;
  const stored = new Map(linesOf(box).filter(keyOf).map((line) => [keyOf(line), line]));
  for (const line of linesOf(box)) line.remove();
  for (const n of numbers.sort((one, other) => one - other)) {
    const known = stored.get(text(n, "id"));
    if (known) box.querySelector("[data-rows-body]").append(known);
    else addLine(box, text(n, "kind"));
    if (!known) delete values[`${prefix}${n}-id`]; // it was deleted meanwhile: what was typed is a new line
  }
  number(box);
}
