// The small month at the side: each day leads to it, the week or day that is shown stands out.
import { icon, make } from "../core/words.js";

/** Draws into `place`; `choose(day)` is called with the day that was pressed. */
export function miniMonth(place, dates, words, choose) {
  let shown = "";

  function draw(state, month = `${state.date.slice(0, 8)}01`) {
    shown = month;
    const [from] = dates.range(month, "week");
    const [first, after] = state.view === "agenda" || state.view === "week" ? dates.range(state.date, state.view) : [state.date, dates.add(state.date, { days: 1 })];
    const weeks = [];
    for (let monday = from; monday < dates.add(month, { months: 1 }); monday = dates.add(monday, { weeks: 1 })) {
      const days = Array.from({ length: 7 }, (_, at) => dates.add(monday, { days: at }));
      weeks.push(make("tr", {}, ...days.map((day) => cell(day, day >= first && day < after, state))));
    }
    const heads = Array.from({ length: 7 }, (_, at) => dates.add(from, { days: at })).map((day) =>
      make("th", { scope: "col" }, make("abbr", { title: dates.format(day, { weekday: "long" }) }, dates.format(day, { weekday: "narrow" }))));
    place.replaceChildren(
      make("div", { class: "hd" }, make("b", {}, dates.month(month)), arrow(-1, "previousMonth", state), arrow(1, "nextMonth", state)),
      make("table", { "aria-label": dates.month(month) }, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...weeks)),
    );
  }

  function cell(day, isShown, state) {
    const attributes = { type: "button", "aria-label": dates.long(day), "aria-current": day === dates.today ? "date" : false, "aria-pressed": String(day === state.date) };
    const button = make("button", attributes, String(Number(day.slice(8))));
    button.addEventListener("click", () => choose(day));
    return make("td", { class: [day.slice(0, 7) === shown.slice(0, 7) ? "" : "out", isShown ? "shown" : ""].join(" ").trim() || false }, button);
  }

  function arrow(sign, name, state) {
    const button = make("button", { type: "button", class: "btn btn-ghost btn-icon", "aria-label": words[name] }, icon(sign < 0 ? "chevron-left" : "chevron-right"));
    button.addEventListener("click", () => {
      draw(state, dates.add(shown, { months: 1, sign }));
      place.querySelectorAll(".hd button")[sign < 0 ? 0 : 1].focus();
    });
    return button;
  }

  return draw;
}
