// Rows of a spreadsheet into the lines of a table: in the first column they become new lines, in another one
// they go down it. A text stays as it came; a list that lacks it says so beside the cell.
import { addLines, cellOf, columnOf, isBlank, isItem, lineOf, linesOf, tellOf } from "./line_table.js";
import { refuse } from "./line_figures.js";
import { plain, say } from "./words.js";

/**
 * Paste what a spreadsheet copied. Returns what to say of it, "" where it is a plain text; `refused` is told why
 * nothing is pasted.
 */
export function pasteInto(box, event, refused) {
  const { target, clipboardData } = event;
  const line = lineOf(target);
  const column = columnOf(target);
  if (!line || column === null || !isItem(line)) return "";
  const text = clipboardData.getData("text/plain");
  if (!isTable(text, clipboardData.getData("text/html"), target)) return "";
  event.preventDefault();
  const rows = rowsIn(text);
  const lines = linesFor(box, line, column, rows.length);
  if (!lines) {
    refused(say("tooManyLines", { most: box.dataset.most }));
    return "";
  }
  const beyond = rows.map((cells, row) => put(lines[row], column, cells)).reduce((sum, count) => sum + count, 0);
  tellOf(box);
  const told = say(rows.length === 1 ? "pastedOne" : "pasted", { count: rows.length });
  return beyond ? `${told} ${say("pastedBeyond", { count: beyond })}` : told;
}

function isTable(text, html, target) {
  if (text.includes("\t")) return true;
  return text.trim().includes("\n") && (!target.matches("textarea") || /<t[rd]\b/i.test(html));
}

/** Cells between tabs; one with a line end or a tab in it stands between quotation marks. */
export function rowsIn(text) {
  const cells = text.replaceAll("\r\n", "\n").replace(/\n$/, "").matchAll(/(?:"((?:[^"]|"")*)"(?=[\t\n]|$)|([^\t\n]*))([\t\n]|$)/g);
  const rows = [[]];
  for (const [, quoted, bare, end] of cells) {
    rows.at(-1).push(quoted?.replaceAll('""', '"') ?? bare);
    if (end === "\n") rows.push([]);
    if (!end) break;
  }
  return rows;
}

function linesFor(box, line, column, count) {
  const lines = linesOf(box);
  const most = Number(box.dataset.most);
  const after = lines.slice(lines.indexOf(line));
  const found = column ? after.filter(isItem).slice(0, count) : isBlank(line) ? [line] : [];
  if (lines.length + count - found.length > most) return null;
  const before = column ? null : (after[1] ?? null);
  return [...found, ...addLines(box, "", before, count - found.length)];
}

// Returns how many cells there was no column for.
function put(line, from, cells) {
  let beyond = 0;
  for (const [at, text] of cells.entries()) {
    const input = cellOf(line, from + at);
    const tidy = text.replace(/\s*\n\s*/g, " ").trim();
    if (!input) beyond += tidy ? 1 : 0;
    else if (input.matches("select")) choose(input, tidy);
    else input.value = tidy;
  }
  return beyond;
}

function choose(select, text) {
  const same = [...select.options].find((option) => text && alike(option.text) === alike(text));
  if (same || !text) select.value = same?.value ?? "";
  else refuse(select, say("notAChoice", { text }));
}

// "20 %", "20%" and "20,00" are one rate.
function alike(text) {
  const bare = plain(text).replace(/[\s%]/g, "");
  const number = bare.replace(",", ".");
  return number && Number.isFinite(Number(number)) ? String(Number(number)) : bare;
}
