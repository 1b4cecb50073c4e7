// How an event looks: a sign, its time, its title, and its place where there is room.
import { icon, make } from "../core/words.js";

const LONG = 90 * 60_000;

/** The sign of an event: what became of it, else its type. Never a colour alone. */
export function signOf(row, config) {
  if (row.busy) return "lock";
  if (row.status === "done") return "check";
  if (row.status === "cancelled") return "ban";
  return config.types.find((type) => type.name === row.type).icon;
}

export function hueOf(row, config, state) {
  if (row.busy) return "private";
  if (state.color === "type") return config.types.find((type) => type.name === row.type).hue;
  return config.person(personOf(row, state))?.hue ?? "gray";
}

/** Whose calendar an event stands in: its owner's, else that of the first guest who is ticked. */
function personOf(row, state) {
  if (state.people.has(row.owner)) return row.owner;
  return row.guests.find((id) => state.people.has(id)) ?? row.owner;
}

/** The classes of an event's box. */
export function classesOf(row, config, state) {
  const classes = ["c-ev", `hue-${hueOf(row, config, state)}`];
  if (row.status === "done") classes.push("done");
  if (row.status === "cancelled") classes.push("off");
  if (row.busy) classes.push("private");
  return classes.join(" ");
}

/** The event's own zone, where it is not the reader's. */
export const zoneOf = (row) => row.zone.replaceAll("_", " ");

/** The inside of an event's box, for FullCalendar; `spoken` is for screen readers. */
export function contentOf(info, config, spoken) {
  return { domNodes: [...parts(info, config), make("span", { class: "c-sr" }, `, ${spoken}`)] };
}

function parts({ event, view, isShort, timeText }, config) {
  const { row } = event.extendedProps;
  const sign = make("span", { class: "s", "data-tick": row.type === "task" && row.status === "planned" }, icon(signOf(row, config)));
  const title = make("b", {}, event.title);
  if (view.type === "dayGridMonth" || event.allDay) {
    const time = event.allDay ? [] : [make("span", { class: "hh" }, timeText.slice(0, 5))];
    return [make("span", { class: "t" }, sign, ...time, title)];
  }
  const long = event.end - event.start;
  if (isShort || long <= LONG / 3) return [make("span", { class: "t" }, sign, title)];
  const [from, until] = timeText.split(/\s*[–-]\s*/);
  const time = make("span", {}, from, ...(until ? [make("span", { class: "e" }, `–${until}`)] : []));
  const shown = [make("span", { class: "t" }, sign, time), title];
  if (row.place && long >= LONG) shown.push(make("span", { class: "w" }, row.place));
  return shown;
}
