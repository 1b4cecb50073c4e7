// The agenda, and below the month of a phone the list of the chosen day: a heading a day, its events.
import { icon, make } from "../core/words.js";
import { signOf, zoneOf } from "./chip.js";
import { capital } from "./dates.js";

/** The lists of `rows` by day, from `first` to before `after`; `open(row, element)` shows the details. */
export function listDays(rows, first, after, { config, dates, open, withEmpty = false }) {
  const found = [];
  for (let day = first; day < after; day = dates.add(day, { days: 1 })) {
    const lines = rows.filter((row) => covers(row, day, dates)).sort((one, other) => Number(other.allDay) - Number(one.allDay));
    if (lines.length || withEmpty) found.push(section(day, lines, { config, dates, open }));
  }
  return found;
}

function covers(row, day, dates) {
  if (row.allDay) return row.start <= day && day < row.end;
  const start = dates.local(row.start).day;
  const end = dates.local(new Date(new Date(row.end).getTime() - 1)).day;
  return start <= day && day <= end;
}

function section(day, lines, context) {
  const { config, dates } = context;
  const named = { [dates.today]: config.words.today, [dates.add(dates.today, { days: 1 })]: config.words.tomorrow }[day];
  const head = named ? [named, " ", make("span", { class: "c-muted" }, dates.short(day))] : [capital(dates.short(day))];
  const list = make("ul", { class: "c-items" }, ...lines.map((row) => line(row, day, context)));
  return make("section", {}, make("h2", {}, ...head), lines.length ? list : make("p", { class: "c-none" }, config.words.noEvents));
}

function line(row, day, { config, dates, open }) {
  const person = config.person(row.owner);
  const state = { done: "done", cancelled: "off" }[row.status] ?? "";
  const title = row.busy ? make("b", {}, row.title) : make("button", { type: "button", class: "title", "data-event": row.id, "aria-haspopup": "dialog", "aria-expanded": "false" }, row.title);
  if (!row.busy) title.addEventListener("click", () => open(row, title));
  return make(
    "li",
    { class: `c-item ag ${state}` },
    make("span", { class: "num" }, timeOf(row, day, { config, dates })),
    icon(signOf(row, config)),
    make("span", { class: "what" }, title, ...(row.place ? [" ", make("span", { class: "sub" }, row.place)] : [])),
    make("span", { class: "who c-cut" }, ...(person ? [make("span", { class: `avatar avatar-s hue-${person.hue}`, "data-i": person.initials, "aria-hidden": true }), " ", person.name] : [config.words.nobody])),
    make("span", { class: "c-muted state" }, { done: config.words.done, cancelled: config.words.cancelled }[row.status] ?? zoneOf(row)),
  );
}

function timeOf(row, day, { config, dates }) {
  if (row.allDay) {
    const length = Math.round((new Date(row.end) - new Date(row.start)) / 86_400_000);
    return length > 1 ? config.words.days.replace("{count}", length) : config.words.day;
  }
  const [start, end] = [dates.local(row.start), dates.local(row.end)];
  if (start.day === end.day) return `${start.time}–${end.time}`;
  if (day === start.day) return `${start.time}–…`;
  return day === end.day ? `…–${end.time}` : config.words.day;
}
