// The short form of an event for a slot, in the dialog at the side. It is a link like the others that
// open it: without the dialog it would lead to the form itself.
import { make } from "../core/words.js";

/** A function that opens it for "2027-01-31T10:00", for a day, for { start, end, allDay }, or for no slot. */
export function create(config, state) {
  return (slot) => {
    if (!config.urls.add) return;
    const url = new URL(config.urls.add, location.href);
    url.searchParams.set("type", state.types.size === 1 ? [...state.types][0] : "meeting");
    for (const [name, value] of Object.entries(spanOf(slot))) url.searchParams.set(name, value);
    const [only] = state.people.size === 1 ? [...state.people] : [];
    if (config.forOthers && only && only !== "0") url.searchParams.set("owner", only);
    url.searchParams.set("calendar", state.query().toString());
    openForm(url.href);
  };
}

/** The page at this address in a dialog, as if its link had been pressed. */
export function openForm(href) {
  const link = make("a", { href, "data-ask": true, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
}

function spanOf(slot) {
  if (!slot) return {};
  if (typeof slot === "string") return { starts_at: slot.length > 10 ? slot : `${slot}T09:00` };
  if (slot.allDay) return { all_day: "1", starts_at: slot.start.slice(0, 10), ends_at: before(slot.end.slice(0, 10)) };
  return { starts_at: slot.start.slice(0, 16), ends_at: slot.end.slice(0, 16) };
}

// The last day, which the form includes.
function before(day) {
  return new Date(new Date(`${day}T00:00:00Z`).getTime() - 86_400_000).toISOString().slice(0, 10);
}
