// What people type for a day and a time of day, and how it is written back: 31/1, 31/01/27, tomorrow,
// +3, "demain 14h", 2:30 pm. Days and times are those of the reader's own time zone, not the browser's.
import { say } from "./words.js";

const locale = document.documentElement.lang || "en";
const HOUR = 3600000;
const TIME = /^(.*?)(?:^|\s+|(?<=\d)T)(?:at |à )?(?:(\d{1,2})(?:\s?[:h]\s?(\d{2})|\s?h)(?::\d{2})?\s?([ap]m)?|(\d{1,2})\s?([ap]m))$/;

const two = (number) => String(number).padStart(2, "0");
const plain = (text) => text.trim().toLowerCase().replaceAll("’", "'").replace(/\s+/g, " ");

export function show(day) {
  const [d, m, y] = [day.getDate(), day.getMonth() + 1, day.getFullYear()];
  return locale.startsWith("en")
    ? `${d} ${day.toLocaleDateString("en-GB", { month: "short" }).slice(0, 3)} ${y}`
    : `${two(d)}/${two(m)}/${y}`;
}

export const showMoment = ({ day, time }) => `${show(day)} ${time}`;

/** The present day of the user's own time zone. */
export function today() {
  const text = new Date().toLocaleDateString("sv", { timeZone: zone() });
  return new Date(`${text}T12:00`);
}

/** The day meant by `text`, at noon, or null where the server should say what is wrong with it. */
export function read(text, now = today()) {
  const typed = plain(text);
  const shift = (days) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, 12);
  const words = { today: 0, tomorrow: 1, yesterday: -1 };
  for (const name of Object.keys(words)) words[plain(say(name))] = words[name];
  if (typed && typed in words) return shift(words[typed]);
  const days = typed.match(/^([+-])\s*(\d{1,4})$/);
  if (days) return shift(Number(days[1] + days[2]));
  const iso = typed.match(/^(\d{4})-(\d{1,2})-(\d{1,2})$/);
  const parts = typed.match(/^(\d{1,2})[/.\-\s](\d{1,2})(?:[/.\-\s](\d{2}|\d{4}))?$/);
  if (iso) return dayOf(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  if (parts) return dayOf(yearOf(parts[3], now), Number(parts[2]), Number(parts[1]));
  const inWords = typed.match(/^(\d{1,2}) ([^\d\s]+?)\.?(?: (\d{4}))?$/);
  return inWords ? dayOf(yearOf(inWords[3], now), monthOf(inWords[2]), Number(inWords[1])) : null;
}

function yearOf(text, now) {
  if (!text) return now.getFullYear();
  return Number(text.length === 2 ? `20${text}` : text);
}

function dayOf(year, month, number) {
  const day = new Date(year, month - 1, number, 12);
  return day.getMonth() === month - 1 && day.getDate() === number ? day : null;
}

let named = null;

/** 1 to 12 of the name of a month, whole or short, in the reader's language or in English; else 0. */
function monthOf(word) {
  const names = (language, month) => Array.from({ length: 12 }, (_, n) => plain(new Date(2027, n, 1).toLocaleDateString(language, { month })).replace(".", ""));
  named ??= [locale, "en"].flatMap((language) => ["long", "short"].map((width) => names(language, width)));
  return Math.max(...named.map((list) => list.indexOf(word))) + 1;
}

/** { day, time } meant by `text`; what it leaves out is that of `before`. Null where it is neither. */
export function readMoment(text, before = null, now = today()) {
  const typed = plain(text).replace(/(\d)t(?=\d)/, "$1T");
  const found = typed.match(TIME);
  const time = found ? timeOf(found) : (before?.time ?? "09:00");
  const rest = found ? found[1] : typed;
  const day = rest ? read(rest, now) : (before?.day ?? now);
  return typed && day && time ? { day, time } : null;
}

function timeOf([, , hour, minute, half, hourAlone, halfAlone]) {
  let at = Number(hour ?? hourAlone);
  const noon = half ?? halfAlone;
  if (noon && (at < 1 || at > 12)) return null;
  if (noon) at = (at % 12) + (noon === "pm" ? 12 : 0);
  return at < 24 && Number(minute ?? 0) < 60 ? `${two(at)}:${minute ?? "00"}` : null;
}

/** The moment that takes the place of one that the clocks skip, or null: 02:30 becomes 03:30. */
export function afterGap(moment) {
  const wall = wallAt(moment);
  const offsets = [wall - 12 * HOUR, wall + 12 * HOUR].map((at) => wallOf(at) - at);
  if (offsets.some((offset) => wallOf(wall - offset) === wall)) return null;
  return momentAt(wallOf(wall - offsets[0]));
}

/** `end` at the distance from the start `to` that it has from `from`; null where it lies before that. */
export function following(end, from, to) {
  const length = wallAt(end) - wallAt(from);
  return length < 0 ? null : momentAt(wallAt(to) + length);
}

// The clock's day and time as a number, as if they were UTC, and back.
function wallAt({ day, time }) {
  const [hour, minute] = time.split(":").map(Number);
  return Date.UTC(day.getFullYear(), day.getMonth(), day.getDate(), hour, minute);
}

function momentAt(wall) {
  const at = new Date(wall);
  const day = new Date(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate(), 12);
  return { day, time: `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}` };
}

// What a clock in the reader's zone shows at `moment`, as if that were UTC.
function wallOf(moment) {
  const shown = new Date(moment).toLocaleString("sv", { timeZone: zone() });
  return Date.parse(`${shown.replace(" ", "T")}Z`);
}

const zone = () => document.body.dataset.zone || "UTC";
