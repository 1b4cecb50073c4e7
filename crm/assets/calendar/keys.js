// The calendar by keyboard: a slot that arrows move while the grid itself has the focus; on an event
// arrows lead to the next one, Alt and arrows move it, Alt, Shift and arrows stretch it.
const STEP = 30; // minutes of a slot
const MOVES = { ArrowUp: { minutes: -15 }, ArrowDown: { minutes: 15 }, ArrowLeft: { days: -1 }, ArrowRight: { days: 1 } };

export function keys(region, { grid, state, dates, say, words, create, rows, mover, go }) {
  let slot = ""; // "2027-01-31T10:00", in the month "2027-01-31"

  region.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.target.closest("[popover], dialog")) return;
    const row = rowAt(event.target);
    const handled = row ? onEvent(event, row) : event.target.matches("[data-grid], [role=gridcell]") && onSlot(event);
    if (handled) {
      event.preventDefault();
      event.stopPropagation();
    }
  });
  region.addEventListener("focusout", () => grid.unselect());

  const rowAt = (element) => rows().find((row) => row.id === element.closest?.("[data-event]")?.dataset.event);

  function onEvent(event, row) {
    if (event.altKey && MOVES[event.key]) {
      if (row.busy) return true;
      const by = MOVES[event.key];
      const days = row.allDay && by.minutes ? { days: Math.sign(by.minutes) } : by;
      const span = dates.shift(row, { ...days, endOnly: event.shiftKey });
      if (span.end > span.start) mover.move(row, span);
      return true;
    }
    if (event.altKey) return false;
    const key = event.key.toLowerCase();
    if (key === "x" && row.type === "task" && row.status === "planned") mover.tick(row);
    else if (MOVES[event.key]) focusNext(event);
    else if (event.key === "Escape") region.focus();
    else if (key === "n") create(slotOf(row));
    else return false;
    return true;
  }

  function focusNext(event) {
    const order = new Map(rows().map((row, at) => [row.id, at]));
    const shown = [...region.querySelectorAll("[data-event]")].filter((one) => one.checkVisibility());
    shown.sort((one, other) => order.get(one.dataset.event) - order.get(other.dataset.event));
    const back = event.key === "ArrowUp" || event.key === "ArrowLeft";
    const at = shown.indexOf(event.target.closest("[data-event]"));
    shown[Math.min(Math.max(at + (back ? -1 : 1), 0), shown.length - 1)]?.focus();
  }

  const slotOf = (row) => (row.allDay ? row.start : `${dates.local(row.start).day}T${dates.local(row.start).time}`);

  function onSlot(event) {
    const month = state.view === "month";
    const by = {
      ArrowUp: month ? -7 * 1440 : -STEP,
      ArrowDown: month ? 7 * 1440 : STEP,
      ArrowLeft: -1440,
      ArrowRight: 1440,
    }[event.key];
    if (event.altKey || event.shiftKey) return false;
    if (by) place(slot ? dates.later(full(slot), by) : first(), month);
    else if (event.key === "Enter" || event.key.toLowerCase() === "n") create(slot && isShown(slot) ? slot : first());
    else if (event.key === "Escape") forget();
    else return false;
    return true;
  }

  function forget() {
    slot = "";
    grid.unselect();
  }

  const full = (text) => (text.length > 10 ? text : `${text}T09:00`);

  // Today where it is shown, at the next hour of work.
  function first() {
    const [from, until] = dates.range(state.date, state.view);
    const day = dates.today >= from && dates.today < until ? dates.today : from;
    return state.view === "month" ? day : `${day}T09:00`;
  }

  function isShown(text) {
    const [from, until] = dates.range(state.date, state.view);
    return text.slice(0, 10) >= from && text.slice(0, 10) < until;
  }

  /** Put the slot at a time of the clock; the calendar follows where it is not shown. */
  function place(wall, month) {
    slot = month ? wall.slice(0, 10) : wall;
    if (!isShown(slot)) go(slot.slice(0, 10));
    const end = month ? dates.add(slot, { days: 1 }) : dates.later(slot, STEP);
    grid.select(slot, end);
    if (!month) grid.scrollToTime(`${dates.later(slot, -60).slice(0, 10) === slot.slice(0, 10) ? dates.later(slot, -60).slice(11) : "00:00"}:00`);
    const day = dates.format(slot.slice(0, 10), { weekday: "long", day: "numeric", month: "long" });
    const text = month ? day : `${day} ${slot.slice(11)}–${end.slice(11)}`;
    const found = within(slot, end, month).map((row) => row.title);
    say(found.length ? words.taken.replace("{slot}", text).replace("{events}", found.join(", ")) : words.free.replace("{slot}", text));
  }

  function within(from, until, month) {
    const [start, end] = month ? [dates.midnight(from), dates.midnight(until)] : [from, until].map((one) => new Date(dates.instantOf(one)));
    return rows().filter((row) => {
      const [at, to] = row.allDay ? [dates.midnight(row.start), dates.midnight(row.end)] : [new Date(row.start), new Date(row.end)];
      return (month || !row.allDay) && at < end && to > start;
    });
  }
}
