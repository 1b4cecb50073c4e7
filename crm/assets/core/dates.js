// data-date: a day is typed as people say it (31/1, 31/01/27, tomorrow, +3) and written back in full;
// the button opens the browser's calendar.
import { on } from "./enhance.js";
import { icon, make, say } from "./words.js";

const locale = document.documentElement.lang || "en";

on("[data-date]", (input) => {
  const native = make("input", { type: "date", class: "c-native-date", tabindex: "-1", "aria-hidden": "true" });
  const button = make(
    "button",
    { type: "button", class: "btn btn-ghost btn-icon", "aria-label": `${say("calendar")}`, title: say("calendar") },
    icon("calendar"),
  );
  const box = make("div", { class: "c-date" });
  input.replaceWith(box);
  box.append(input, native, button);
  if (input.readOnly || input.disabled) button.remove();

  button.addEventListener("click", () => {
    const day = read(input.value);
    native.value = day ? iso(day) : "";
    native.showPicker?.();
  });
  native.addEventListener("change", () => {
    if (!native.value) return;
    write(input, new Date(`${native.value}T12:00`));
  });
  input.addEventListener("change", (event) => {
    const day = event.isTrusted ? read(input.value) : null;
    if (day) write(input, day);
  });
});

function write(input, day) {
  const text = show(day);
  if (input.value === text) return;
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

export function show(day) {
  const [d, m, y] = [day.getDate(), day.getMonth() + 1, day.getFullYear()];
  const two = (number) => String(number).padStart(2, "0");
  return locale.startsWith("en")
    ? `${d} ${day.toLocaleDateString("en-GB", { month: "short" }).slice(0, 3)} ${y}`
    : `${two(d)}/${two(m)}/${y}`;
}

function iso(day) {
  return new Date(day.getTime() - day.getTimezoneOffset() * 60000).toISOString().slice(0, 10);
}

/** The present day of the user's own time zone, which need not be the browser's. */
function today() {
  const text = new Date().toLocaleDateString("sv", { timeZone: document.body.dataset.zone });
  return new Date(`${text}T12:00`);
}

const plain = (text) => text.trim().toLowerCase().replaceAll("’", "'");

/** The day meant by `text`, or null where the server should say what is wrong with it. */
export function read(text, now = today()) {
  const typed = plain(text);
  const shift = (days) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, 12);
  const words = { today: 0, tomorrow: 1, yesterday: -1 };
  for (const name of Object.keys(words)) words[plain(say(name))] = words[name];
  if (typed && typed in words) return shift(words[typed]);
  const days = typed.match(/^([+-])\s*(\d{1,4})$/);
  if (days) return shift(Number(days[1] + days[2]));
  const parts = typed.match(/^(\d{1,2})[/.\-\s](\d{1,2})(?:[/.\-\s](\d{2}|\d{4}))?$/);
  if (!parts) return null;
  const [, d, m] = parts;
  const year = parts[3] ? Number(parts[3].length === 2 ? `20${parts[3]}` : parts[3]) : now.getFullYear();
  const day = new Date(year, Number(m) - 1, Number(d), 12);
  return day.getMonth() === Number(m) - 1 && day.getDate() === Number(d) ? day : null;
}
