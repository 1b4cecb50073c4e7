// Reads the events of a range, which the server sends column by column, and answers its refusals.
import { signInAgain } from "../core/session.js";
import { start, stop } from "../core/progress.js";

const MINUTE = 60_000;

/** The rows between two instants; throws where the server does not answer. */
export async function readRows(config, state, since, until, signal) {
  if (state.isEmpty) return { rows: [], more: false };
  const query = state.query({ withPlace: false });
  query.set("from", since.toISOString());
  query.set("to", until.toISOString());
  start();
  try {
    const answer = await ask(`${config.urls.rows}?${query}`, { signal });
    if (!answer.ok) throw new Error(String(answer.status));
    const columns = await answer.json();
    return { rows: decode(columns, since, config), more: columns.more };
  } finally {
    stop();
  }
}

/** As fetch; after the session has expired, again once the same person has signed in. */
export async function ask(url, options = {}) {
  const headers = { Accept: "application/json", "HX-Request": "true", ...options.headers };
  const answer = await fetch(url, { ...options, headers });
  if (answer.status !== 401) return answer;
  return new Promise((resolve, reject) => {
    signInAgain(() => ask(url, { ...options, headers: { ...options.headers, ...token() } }).then(resolve, reject));
  });
}

/** Post `values`; the answer's JSON with its `status`. Throws where the server does not answer. */
export async function post(url, values) {
  const answer = await ask(url, { method: "POST", body: new URLSearchParams(values), headers: token() });
  return { status: answer.status, ...(await answer.json().catch(() => ({}))) };
}

function token() {
  return { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content };
}

function decode(columns, since, config) {
  let at = 0;
  const origin = since.getTime();
  const rows = columns.id.map((id, index) => {
    at += columns.at[index];
    return {
      id: String(id),
      title: columns.titles[columns.title[index]],
      ...span(origin + at * MINUTE, columns.minutes[index], columns.day[index] === 1),
      type: config.types[columns.type[index]].name,
      status: config.statuses[columns.status[index]],
      owner: String(columns.owner[index]),
      guests: (columns.with[index] ?? []).map(String),
      version: columns.version[index],
      place: columns.place?.[index] ?? "",
      zone: columns.zone[index] ?? "",
    };
  });
  return [...rows, ...columns.busy.map((one) => busy(one, origin))];
}

function span(from, minutes, allDay) {
  const [start, end] = [from, from + minutes * MINUTE].map((instant) => new Date(instant).toISOString());
  return allDay ? { allDay, start: start.slice(0, 10), end: end.slice(0, 10) } : { allDay, start, end };
}

// A private event of somebody else: there is no more to it than its time and what stands for its title.
function busy([at, minutes, day, owner, title], origin) {
  const nothing = { id: "", type: "", status: "", version: 0, place: "", zone: "", guests: [] };
  return { ...nothing, busy: true, title, owner: String(owner), ...span(origin + at * MINUTE, minutes, day === 1) };
}
