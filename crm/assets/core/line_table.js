// The lines of a table with data-lines as they stand on the page: their order is that of their numbers.
import { enhance } from "./enhance.js";

const NUMBERED = ["id", "name", "for", "aria-describedby", "data-preview"];

export const linesOf = (box) => [...box.querySelectorAll("[data-row]")];
export const lineOf = (target) => target.closest?.("[data-lines] [data-row]") ?? null;
export const inputsOf = (line) => [...line.querySelectorAll("input:not([type=hidden]), select, textarea")];

/** The input of a line in `column`, counted from 0; null where a title or a text has none. */
export function cellOf(line, column) {
  const cell = line.querySelector(`[data-cell="${column}"]`);
  return cell?.matches("td") ? cell.querySelector("input, select, textarea") : cell;
}

/** The column of an input; null for what stands below the line. */
export function columnOf(target) {
  const cell = target.closest("[data-cell]");
  return cell ? Number(cell.dataset.cell) : null;
}

export const isItem = (line) => Boolean(cellOf(line, 1));
export const isBlank = (line) => isItem(line) && inputsOf(line).every(({ value }) => !value);

/** Add a line of a kind before another, or at the end. Returns null where there are enough. */
export function addLine(box, kind, before = null) {
  return addLines(box, kind, before, 1)[0] ?? null;
}

/** Add so many lines at once, numbered together. Returns none where there would be too many. */
export function addLines(box, kind, before, many) {
  if (linesOf(box).length + many > Number(box.dataset.most)) return [];
  const first = Number(box.querySelector("[data-count]").value);
  const blank = box.querySelector(kind ? `template[data-kind="${kind}"]` : "template");
  const body = box.querySelector("[data-rows-body]");
  const holder = document.createElement("template"); // the one element that a row of a table may stand in
  const made = Array.from({ length: many }, (_none, at) => {
    holder.innerHTML = blank.innerHTML.replaceAll("__n__", first + at);
    const line = holder.content.firstElementChild;
    body.insertBefore(line, before);
    enhance(line);
    return line;
  });
  number(box);
  return made;
}

/** Give every line the number of its place. */
export function number(box) {
  const lines = linesOf(box);
  for (const [place, line] of lines.entries()) {
    const [was, now] = [`${box.dataset.rows}-${numberOf(box, line)}-`, `${box.dataset.rows}-${place}-`];
    if (was !== now) for (const part of line.querySelectorAll("*")) rename(part, was, now);
  }
  box.querySelector("[data-count]").value = lines.length;
}

export function numberOf(box, line) {
  return Number(line.querySelector(`[name^="${box.dataset.rows}-"]`).name.slice(box.dataset.rows.length + 1).split("-")[0]);
}

function rename(part, was, now) {
  for (const name of NUMBERED) {
    const value = part.getAttribute(name);
    if (value?.includes(was)) part.setAttribute(name, value.replaceAll(was, now));
  }
}

/** The form has changed, even where no field that is left has. */
export function tellOf(box) {
  const form = box.closest("form");
  form.dataset.reordered = "yes";
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

/** A function that puts lines and texts back as they are now. */
export function remember(box) {
  const lines = linesOf(box);
  const texts = new Map(lines.flatMap(inputsOf).map((input) => [input, input.value]));
  return () => {
    for (const line of linesOf(box)) if (!lines.includes(line)) line.remove();
    box.querySelector("[data-rows-body]").append(...lines);
    for (const [input, value] of texts) if (input.value !== value) input.value = value;
    number(box);
    tellOf(box);
  };
}
