// The calendar of a date field: days in weeks from Monday, gone through by arrows, and the time of day
// below them where the field has one.
import { enhance } from "./enhance.js";
import { openFrom } from "./menus.js";
import { readMoment, today } from "./moments.js";
import { icon, make, say } from "./words.js";

const locale = document.documentElement.lang || "en";
const [WEEK, WEEKS] = [7, 6]; // always six, so that it keeps its height
// How far a key goes, from a day at noon.
const STEPS = {
  ArrowLeft: (day) => plus(day, -1),
  ArrowRight: (day) => plus(day, 1),
  ArrowUp: (day) => plus(day, -WEEK),
  ArrowDown: (day) => plus(day, WEEK),
  Home: (day) => plus(day, -weekday(day)),
  End: (day) => plus(day, WEEK - 1 - weekday(day)),
  PageUp: (day, far) => months(day, far ? -12 : -1),
  PageDown: (day, far) => months(day, far ? 12 : 1),
};

const plus = (day, days) => new Date(day.getFullYear(), day.getMonth(), day.getDate() + days, 12);
const weekday = (day) => (day.getDay() + 6) % WEEK; // 0 is Monday
const same = (one, other) => one?.toDateString() === other?.toDateString();
const told = (day, options) => day.toLocaleDateString(locale, options);

// The 31st of a month becomes the last of a shorter one.
function months(day, count) {
  const last = new Date(day.getFullYear(), day.getMonth() + count + 1, 0, 12);
  return day.getDate() > last.getDate() ? last : new Date(day.getFullYear(), day.getMonth() + count, day.getDate(), 12);
}

/** Open it below `button`; `choose` is called with { day, time } once one is chosen. */
export function openCalendar({ box, button, input, moment, hasTime, choose }) {
  const now = today();
  let cursor = moment?.day ?? now;
  const title = make("b", { "aria-live": "polite" });
  const body = make("tbody");
  const time = make("input", { type: "text", class: "form-control num", "aria-label": say("time"), value: moment?.time ?? "09:00", autocomplete: "off" });
  const popover = make(
    "div",
    { class: "c-calendar", popover: true, role: "dialog", "aria-label": say("calendar") },
    make("div", { class: "hd" }, turn("chevron-left", "previousMonth", -1), title, turn("chevron-right", "nextMonth", 1)),
    make("table", {}, make("thead", {}, make("tr", {}, ...names())), body),
    make("div", { class: "ft" }, act(say("todayButton"), () => pick(now)), ...(hasTime ? [time] : [])),
  );

  function turn(glyph, name, count) {
    const turned = act("", () => go(months(cursor, count), false));
    turned.classList.add("btn-icon");
    turned.setAttribute("aria-label", say(name));
    turned.append(icon(glyph));
    return turned;
  }

  function go(day, focuses = true) {
    cursor = day;
    title.textContent = told(day, { month: "long", year: "numeric" });
    const first = new Date(day.getFullYear(), day.getMonth(), 1, 12);
    const start = plus(first, -weekday(first));
    const week = (n) => make("tr", {}, ...Array.from({ length: WEEK }, (_, d) => cell(plus(start, n * WEEK + d), day)));
    body.replaceChildren(...Array.from({ length: WEEKS }, (_, n) => week(n)));
    if (focuses) body.querySelector("[tabindex='0']").focus();
  }

  function cell(day, shown) {
    const button = act(String(day.getDate()), () => pick(day));
    button.className = day.getMonth() === shown.getMonth() ? "day" : "day other";
    button.tabIndex = same(day, cursor) ? 0 : -1;
    button.setAttribute("aria-label", told(day, { weekday: "long", day: "numeric", month: "long", year: "numeric" }));
    button.setAttribute("aria-pressed", String(same(day, moment?.day)));
    if (same(day, now)) button.setAttribute("aria-current", "date");
    return make("td", {}, button);
  }

  function pick(day) {
    const typed = hasTime ? readMoment(time.value, moment) : null;
    choose({ day, time: typed?.time ?? moment?.time ?? "09:00" });
    popover.hidePopover();
    input.focus();
  }

  popover.addEventListener("keydown", (event) => {
    event.stopPropagation(); // Escape closes this alone, and Enter sends no form
    const step = STEPS[event.key];
    if (event.target === time && event.key === "Enter") pick(cursor);
    else if (event.target.matches(".day") && step) go(step(cursor, event.shiftKey));
    else return;
    event.preventDefault();
  });
  popover.addEventListener("input", (event) => event.stopPropagation());
  popover.addEventListener("change", (event) => event.stopPropagation());
  box.append(popover);
  enhance(popover);
  popover.addEventListener("toggle", (event) => (event.newState === "open" ? go(cursor) : popover.remove()));
  go(cursor, false);
  openFrom(popover, button);
}

function act(words, done) {
  const button = make("button", { type: "button", class: "btn btn-ghost btn-sm" }, words);
  button.addEventListener("click", done);
  return button;
}

function names() {
  const monday = new Date(2027, 0, 4, 12);
  return Array.from({ length: WEEK }, (_, n) => {
    const day = plus(monday, n);
    return make("th", { scope: "col", abbr: told(day, { weekday: "long" }) }, told(day, { weekday: "narrow" }));
  });
}
