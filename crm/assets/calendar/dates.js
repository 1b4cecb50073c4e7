// Days and instants in the reader's zone, and how they are written. A day is a text, "2027-01-31".
import { Temporal } from "temporal-polyfill";

const AGENDA_DAYS = 14;
const STEPS = { day: { days: 1 }, week: { weeks: 1 }, month: { months: 1 }, agenda: { days: AGENDA_DAYS } };

export class Dates {
  constructor(zone, language) {
    this.zone = zone;
    this.locale = language === "fr" ? "fr-FR" : "en-GB";
    this.formats = new Map();
  }

  get today() {
    return Temporal.Now.plainDateISO(this.zone).toString();
  }

  /** The instant at which `day` begins. */
  midnight(day) {
    return new Date(Temporal.PlainDate.from(day).toZonedDateTime(this.zone).epochMilliseconds);
  }

  add(day, { sign = 1, ...duration }) {
    const date = Temporal.PlainDate.from(day);
    return (sign < 0 ? date.subtract(duration) : date.add(duration)).toString();
  }

  /** The day of the period before or after, in this view. */
  step(day, view, sign) {
    return this.add(view === "month" ? `${day.slice(0, 8)}01` : day, { ...STEPS[view], sign });
  }

  /** The first day that a view shows, and the day after its last one. */
  range(day, view) {
    const date = Temporal.PlainDate.from(day);
    if (view === "week") {
      const monday = date.subtract({ days: date.dayOfWeek - 1 });
      return [monday.toString(), monday.add({ weeks: 1 }).toString()];
    }
    if (view === "month") {
      const first = date.with({ day: 1 });
      return [first.toString(), first.add({ months: 1 }).toString()];
    }
    return [day, this.add(day, view === "agenda" ? { days: AGENDA_DAYS } : { days: 1 })];
  }

  weekOf(day) {
    return Temporal.PlainDate.from(day).weekOfYear;
  }

  /** Of an instant: its day, and its time as "10:30". */
  local(instant) {
    const zoned = Temporal.Instant.from(new Date(instant).toISOString()).toZonedDateTimeISO(this.zone);
    return { day: zoned.toPlainDate().toString(), time: zoned.toPlainTime().toString().slice(0, 5) };
  }

  /** Start and end moved by days and minutes; the clock is kept where clocks change. */
  shift(row, { days = 0, minutes = 0, endOnly = false }) {
    if (row.allDay) {
      const by = { days: days + Math.sign(minutes) };
      const start = endOnly ? row.start : Temporal.PlainDate.from(row.start).add(by).toString();
      return { start, end: Temporal.PlainDate.from(row.end).add(by).toString() };
    }
    const move = (text) => {
      const zoned = Temporal.Instant.from(text).toZonedDateTimeISO(this.zone);
      return zoned.add({ days }).add({ minutes }).toInstant().toString();
    };
    return { start: endOnly ? row.start : move(row.start), end: move(row.end) };
  }

  /** "2027-01-31T10:00" as it is on the clock, `minutes` later. */
  later(wall, minutes) {
    return Temporal.PlainDateTime.from(wall).add({ minutes }).toString().slice(0, 16);
  }

  instantOf(wall) {
    return Temporal.PlainDateTime.from(wall).toZonedDateTime(this.zone).toInstant().toString();
  }

  format(day, options) {
    const key = JSON.stringify(options);
    if (!this.formats.has(key)) this.formats.set(key, new Intl.DateTimeFormat(this.locale, { timeZone: "UTC", ...options }));
    return this.formats.get(key).format(new Date(`${day}T12:00:00Z`));
  }

  /** Janvier 2027 */
  month(day) {
    return capital(this.format(day, { month: "long", year: "numeric" }));
  }

  /** jeudi 21 janvier 2027 */
  long(day) {
    return this.format(day, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
  }

  /** jeudi 21/01 */
  short(day) {
    return `${this.format(day, { weekday: "long" })} ${this.inMonth(day)}`;
  }

  /** 21/01 */
  inMonth(day) {
    return this.format(day, this.locale === "fr-FR" ? { day: "2-digit", month: "2-digit" } : { day: "numeric", month: "short" });
  }

  /** The title of a period. */
  title(day, view) {
    return view === "day" ? capital(this.long(day)) : this.month(day);
  }
}

export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
