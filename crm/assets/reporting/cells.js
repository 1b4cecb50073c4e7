// data-cells: a table of inputs: a block of a spreadsheet is pasted from the cell on, Enter and the arrows move.
import { rowsIn } from "../core/line_paste.js";

const STEPS = { ArrowUp: -1, ArrowDown: 1, Enter: 1 };

export function start(table) {
  table.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text/plain");
    const place = placeOf(table, event.target);
    if (!place || !/[\t\n]/.test(text.trim())) return;
    event.preventDefault();
    put(table, place, rowsIn(text));
  });
  table.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    const place = placeOf(table, event.target);
    if (!step || !place || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    event.preventDefault();
    const next = linesOf(table)[place[0] + step]?.[place[1]];
    next?.focus();
    next?.select();
  });
}

function linesOf(table) {
  return [...table.tBodies[0].rows].map((row) => [...row.querySelectorAll("input.form-control")]);
}

function placeOf(table, input) {
  for (const [line, inputs] of linesOf(table).entries()) {
    const column = inputs.indexOf(input);
    if (column >= 0) return [line, column];
  }
  return null;
}

function put(table, [line, column], rows) {
  const lines = linesOf(table);
  for (const [down, cells] of rows.entries()) {
    for (const [right, text] of cells.entries()) {
      const input = lines[line + down]?.[column + right];
      if (!input) continue;
      input.value = text.trim();
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }
}
