// data-calendar: the page of the calendar. What it is told stands in the attribute; nothing else loads this.
import { Calendar } from "fullcalendar";
import frenchLocale from "fullcalendar/locales/fr";

import { icon, make } from "../core/words.js";
import { listDays } from "./agenda.js";
import { classesOf, contentOf, zoneOf } from "./chip.js";
import { create } from "./create.js";
import { Dates } from "./dates.js";
import { details } from "./details.js";
import { VIEWS, options } from "./grid.js";
import { keys } from "./keys.js";
import { miniMonth } from "./minimonth.js";
import { moves } from "./moves.js";
import { nameCells, nameHeadings } from "./names.js";
import { onPaper } from "./paper.js";
import { post, readRows } from "./rows.js";
import { side } from "./side.js";
import { State } from "./state.js";
import { swipe } from "./swipe.js";
import { speaker } from "./talk.js";
import { toolbar } from "./toolbar.js";

const BACK = "calendar-focus"; // what had the focus before a dialog that loads the page anew
const rowOf = (event) => event.extendedProps.row;
const phone = matchMedia("(max-width: 767.98px)");

export function start(root) {
  const config = JSON.parse(root.dataset.calendar);
  const people = new Map(config.people.map((one) => [String(one.id), one]));
  config.person = (id) => people.get(String(id));
  const { words } = config;
  const find = (name) => document.querySelector(`[data-${name}]`);
  const form = root.querySelector("form");
  const every = (name) => [...form.querySelectorAll(`[name="${name}"]`)].map((box) => box.value);
  const state = new State(config.asked, { types: every("types"), agencies: every("agencies") });
  state.view ||= phone.matches ? "day" : "week";
  const dates = new Dates(config.zone, config.language);
  const say = speaker(find("said"));
  const [region, agenda, trouble] = [find("grid"), find("agenda"), find("trouble")];
  let rows = [];
  let focused = ""; // the event to which the focus returns once it is drawn again

  function failed(text) {
    const again = make("button", { type: "button", class: "btn btn-sm" }, words.again);
    again.addEventListener("click", reload);
    trouble.replaceChildren(icon("alert-circle"), make("div", {}, make("p", {}, text), ...(text === words.offline ? [again] : [])));
    trouble.hidden = false;
  }

  async function read(since, until) {
    const isOld = mover.reading();
    try {
      const found = await readRows(config, state, since, until);
      if (isOld()) return new Promise(() => {}); // left without an answer: the next one is asked soon
      rows = found.rows;
      trouble.hidden = true;
      if (found.more) failed(words.tooMany);
      return rows;
    } catch (error) {
      failed(words.offline);
      throw error;
    }
  }

  const open = details(document.getElementById("cal-pop"), config, failed);
  const changed = (id = "") => {
    focused = id;
    return reload();
  };
  const mover = moves(config, { changed, failed, say, keepFocus: (id) => keepFocus(id) });
  const newEvent = create(config, state);
  const keepFocus = (id) => sessionStorage.setItem(BACK, id);

  const grid = new Calendar(region, {
    ...options(config),
    locales: [frenchLocale],
    initialView: VIEWS[state.view] ?? VIEWS.week,
    initialDate: state.date,
    events: async (info) => {
      if (state.view === "agenda") return [];
      return (await read(info.start, info.end)).map((row) => {
        const { id, title, start, end, allDay } = row;
        return { id, title, start, end, allDay, editable: !row.busy, row };
      });
    },
    viewDidMount: ({ el }) => nameHeadings(el),
    dayCellDidMount: ({ el }) => el.removeAttribute("aria-label"),
    eventsSet: () => settle(),
    eventAllow: (span, event) => rowOf(event).type !== "task" || span.allDay,
    eventClass: (info) => classesOf(rowOf(info.event), config, state),
    eventContent: (info) => contentOf(info, config, spoken(rowOf(info.event))),
    eventDidMount: ({ el, event }) => dress(el, event),
    eventClick: ({ event, el, jsEvent }) => {
      jsEvent.preventDefault();
      const row = rowOf(event);
      if (phone.matches && state.view === "month") choose(el.closest("[data-date]")?.dataset.date ?? state.date);
      else if (jsEvent.target.closest?.("[data-tick]")) mover.tick(row);
      else if (!row.busy) open(row, el);
    },
    eventDrop: ({ event, revert }) => mover.move(rowOf(event), spanOf(event), revert),
    eventResize: ({ event, revert }) => mover.move(rowOf(event), spanOf(event), revert),
    select: ({ startStr, endStr, allDay, jsEvent }) => {
      if (!jsEvent) return; // by keyboard: only the slot is shown
      grid.unselect();
      newEvent({ start: startStr, end: endStr, allDay });
    },
    dateClick: ({ dateStr }) => {
      if (phone.matches && state.view === "month") choose(dateStr.slice(0, 10));
      else newEvent(dateStr.slice(0, 16));
    },
  });

  const spanOf = (event) => ({ start: event.startStr, end: event.endStr });

  // What a screen reader says of an event besides its title.
  function spoken(row) {
    const type = config.types.find((one) => one.name === row.type)?.label ?? "";
    const when = row.allDay ? dates.short(row.start) : `${dates.short(dates.local(row.start).day)} ${dates.local(row.start).time}–${dates.local(row.end).time}`;
    const parts = [type, when, zoneOf(row), config.person(row.owner)?.name ?? words.nobody, { done: words.done, cancelled: words.cancelled }[row.status]];
    return parts.filter(Boolean).join(", ");
  }

  function dress(el, event) {
    if (rowOf(event).busy) {
      for (const name of ["role", "tabindex"]) el.removeAttribute(name); // it leads nowhere
      return;
    }
    el.setAttribute("aria-haspopup", "dialog");
    el.dataset.event = event.id;
    el.title = [event.title, zoneOf(rowOf(event))].filter(Boolean).join(" · ");
  }

  // After the events are drawn: the focus, and what is said where there are none.
  function settle() {
    const target = focused && region.querySelector(`[data-event="${focused}"]`);
    if (target) {
      target.focus({ preventScroll: false });
      focused = "";
    }
    if (phone.matches && state.view === "month") drawDay();
    find("nothing").hidden = rows.length > 0 || !trouble.hidden || agenda.hidden === false;
    find("nothing").textContent = state.people.size ? words.noEvents : words.nobodyTickedText;
    requestAnimationFrame(() => nameCells(region));
  }

  function nothing() {
    const nobody = !state.people.size;
    return make("div", { class: "c-empty" }, icon("calendar-event", "icon c-icon"), make("h2", {}, nobody ? words.nobodyTicked : words.noEvents), make("p", {}, nobody ? words.nobodyTickedText : words.noEventsText));
  }

  function drawDay() {
    for (const cell of region.querySelectorAll("[data-date]")) cell.classList.toggle("chosen", cell.dataset.date === state.date);
    agenda.replaceChildren(...listDays(rows, state.date, dates.add(state.date, { days: 1 }), { config, dates, open, withEmpty: true }));
  }

  async function drawAgenda() {
    const [first, after] = dates.range(state.date, "agenda");
    const found = await read(dates.midnight(first), dates.midnight(after)).catch(() => null);
    if (!found) return;
    const sections = listDays(found, first, after, { config, dates, open });
    agenda.replaceChildren(...(sections.length ? sections : [nothing()]));
  }

  function reload() {
    return state.view === "agenda" ? drawAgenda() : grid.refetchEvents();
  }

  /** Show what `state` says; what only the ticks changed needs no new view. */
  function draw() {
    if (phone.matches && state.view === "week") state.view = "day"; // seven days have no room there
    for (const one of find("views").options) if (one.value === "week") one.hidden = one.disabled = phone.matches;
    const list = state.view === "agenda";
    if (list) find("nothing").hidden = true;
    const below = phone.matches && state.view === "month";
    root.classList.toggle("with-day", below);
    region.hidden = list;
    agenda.hidden = !list && !below;
    find("period").textContent = phone.matches ? dates.month(state.date) : dates.title(state.date, state.view);
    find("week").textContent = aside();
    for (const button of document.querySelectorAll("[data-view]")) button.setAttribute("aria-pressed", String(button.dataset.view === state.view));
    find("views").value = state.view;
    region.setAttribute("aria-label", dates.title(state.date, state.view));
    drawMonth(state);
    if (list) return drawAgenda();
    if (below && grid.view.type === VIEWS.month) drawDay();
    const before = grid.view.type;
    if (before !== VIEWS[state.view]) grid.changeView(VIEWS[state.view], state.date);
    else grid.gotoDate(state.date);
  }

  // Beside the title: the number of the week, the days of the agenda.
  function aside() {
    if (state.view === "week") return words.week.replace("{number}", dates.weekOf(state.date));
    if (state.view !== "agenda") return "";
    const [first, after] = dates.range(state.date, "agenda");
    return words.span.replace("{first}", dates.inMonth(first)).replace("{last}", dates.inMonth(dates.add(after, { days: 1, sign: -1 })));
  }

  function go(day, view = state.view) {
    const from = state.view;
    state.date = day;
    state.view = view;
    if (state.address !== location.pathname + location.search) history.pushState(null, "", state.address);
    draw();
    if (from === "agenda" && view !== "agenda") {
      grid.refetchEvents();
      grid.scrollToTime(grid.getOption("scrollTime"));
    }
  }

  function choose(day) {
    go(day);
    drawDay();
    say(dates.long(day));
  }

  const drawMonth = miniMonth(find("month"), dates, words, (day) => go(day));
  let remembering;
  const drawSide = side(form, config, state, () => {
    // Several ticks in a row are remembered once; not to remember them is no reason for a message.
    clearTimeout(remembering);
    remembering = setTimeout(() => post(config.urls.remember, state.query({ withPlace: false })).catch(() => {}), 800);
    history.replaceState(null, "", state.address);
    grid.setOption("eventClass", (info) => classesOf(rowOf(info.event), config, state));
    reload();
  });

  function move(where) {
    if (where === "today") return go(dates.today);
    go(dates.step(state.date, state.view, where === "next" ? 1 : -1));
  }
  toolbar(root, { move, show: (view) => go(state.date, view), create: config.urls.add && (() => newEvent()) });
  onPaper(() => {
    if (state.view !== "day" && state.view !== "week") return undefined;
    agenda.replaceChildren(...listDays(rows, ...dates.range(state.date, state.view), { config, dates, open }));
    [agenda.hidden, region.hidden] = [false, true];
    return () => ([agenda.hidden, region.hidden] = [true, false]);
  });
  addEventListener("popstate", () => {
    state.read(location.search);
    drawSide();
    draw();
    reload();
  });
  phone.addEventListener("change", draw);
  swipe(region, (sign) => move(sign > 0 ? "next" : "prev"));
  keys(region, { grid, state, dates, say, words, create: (slot) => {
    keepFocus("");
    newEvent(slot);
  }, rows: () => rows, mover, go });
  const back = sessionStorage.getItem(BACK);
  sessionStorage.removeItem(BACK);
  if (back !== null && performance.getEntriesByType("navigation")[0]?.type === "reload") {
    focused = back;
    if (!back) region.focus();
  }

  history.replaceState(null, "", state.address);
  grid.render();
  draw();
}
