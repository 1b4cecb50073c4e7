// data-date: a day, or with data-date="time" a day and its time, as text of the reader's language. It is
// typed as people say it and written back in full; the button, or Alt+Down, opens our calendar.
import { on } from "./enhance.js";
import { afterGap, following, read, readMoment, show, showMoment } from "./moments.js";
import { icon, make, say } from "./words.js";

on("[data-date]", (input) => {
  const words = say("calendar");
  const button = make(
    "button",
    { type: "button", class: "btn btn-ghost btn-icon", "aria-label": words, title: words, "aria-haspopup": "dialog", "aria-expanded": "false" },
    icon("calendar"),
  );
  const box = make("div", { class: "c-date" });
  input.replaceWith(box);
  box.append(input);
  if (input.readOnly || input.disabled) return;
  box.append(button);

  // An event that lasts all day has days in the same fields.
  const days = input.form?.elements[input.dataset.daysIf];
  const hasTime = () => input.dataset.date === "time" && !days?.checked;
  let [written, before] = [input.value, readMoment(input.value)];

  const write = (moment) => {
    const gap = hasTime() ? afterGap(moment) : null;
    const from = before;
    before = gap ?? moment;
    tell(box, gap && say("gap", { typed: moment.time, moved: gap.time }));
    written = hasTime() ? showMoment(before) : show(before.day);
    if (input.value !== written) {
      input.value = written;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }
    if (from) input.dispatchEvent(new CustomEvent("moved", { detail: { from, to: before } }));
  };
  const understand = () => {
    if (input.value === written) return; // as it was read already
    const day = hasTime() ? null : read(input.value);
    const moment = day ? { day, time: before?.time ?? "09:00" } : readMoment(input.value, before);
    if (moment && (day || hasTime())) write(moment);
  };
  const open = async () => {
    const { openCalendar } = await import("./calendar.js");
    understand();
    openCalendar({ box, button, input, moment: before, hasTime: hasTime(), choose: write });
  };

  input.addEventListener("change", (event) => event.isTrusted && understand());
  // An end that is understood keeps its distance from the start; another is for its reader to mend.
  input.form?.elements[input.dataset.follows]?.addEventListener("moved", ({ detail: { from, to } }) => {
    understand();
    const end = before && input.value === written && following(before, from, to);
    if (end) write(end);
  });
  days?.addEventListener("change", () => before && write(before));
  button.addEventListener("click", open);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" || !event.altKey) return;
    event.preventDefault();
    open();
  });
});

function tell(box, text) {
  box.querySelector("[role=status]")?.remove();
  if (text) box.append(make("p", { class: "c-help", role: "status" }, text));
}
