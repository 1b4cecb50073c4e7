// Moving, stretching and ticking off, each with "undo"; what is refused goes back and says why.
import { dialog } from "../core/dialog.js";
import { make } from "../core/words.js";
import { openForm } from "./create.js";
import { post } from "./rows.js";
import { toast } from "./talk.js";

/** `changed(id)` draws the calendar again and puts the focus back, `failed(text)` says what went wrong.
 *
 *  Drawn again once nothing more waits to be saved: until then the event keeps its element, and with it
 *  the focus for the next key. */
export function moves(config, { changed, failed, say, keepFocus }) {
  const { urls, words } = config;

  /** Give an event another start and end, words as the server reads them.
   *
   *  The row has them at once, and its version with the answer: a second key follows the first one,
   *  instead of being taken for somebody else's change. */
  function move(row, span, revert = () => {}) {
    const { start, end, allDay } = row;
    Object.assign(row, span, { allDay: !span.start.includes("T") });
    const back = () => {
      Object.assign(row, { start, end, allDay });
      revert();
    };
    return inTurn(() => send(`${urls.move}${row.id}`, row, span, back));
  }

  function tick(row) {
    return inTurn(() => send(`${urls.done}${row.id}`, row, {}, () => {}));
  }

  let last = Promise.resolve();
  let waiting = 0;
  let saved = 0;
  let drawn; // the event to which the focus returns, undefined where nothing has changed
  function inTurn(act) {
    waiting += 1;
    const end = (id) => {
      waiting -= 1;
      if (id !== undefined) [saved, drawn] = [saved + 1, id];
      if (waiting || drawn === undefined) return;
      changed(drawn);
      drawn = undefined;
    };
    last = last.then(act).then(end, () => end());
    return last;
  }

  /** Called when the server is asked for the events: a function that tells whether its answer is of before
   *  a change that was made meanwhile. They are asked for again after that. */
  function reading() {
    const before = saved;
    return () => {
      if (waiting) drawn ??= "";
      return waiting > 0 || saved !== before;
    };
  }

  /** Save one change; the id of the event where it has to be drawn again. */
  async function send(url, row, values, revert, version = row.version) {
    const answer = await post(url, { ...values, row_version: version }).catch(() => ({ status: 0 }));
    if (answer.ask) {
      revert();
      keepFocus(row.id);
      openForm(answer.ask); // which loads the calendar anew
      return undefined;
    }
    if (answer.status === 200) {
      row.version = answer.version;
      toast(answer.told, words, answer.undo && (() => inTurn(() => undo(answer, row))));
      return row.id;
    }
    revert();
    if (answer.status === 409) return stale(answer, () => send(url, row, values, () => {}, answer.version), row);
    failed(answer.message ?? (answer.status === 404 ? words.gone : words.offline));
    return answer.status === 404 ? "" : undefined;
  }

  async function undo({ undo: { url, ...values }, version }, row) {
    const answer = await post(url, { ...values, row_version: version }).catch(() => ({ status: 0 }));
    if (answer.status === 200) say(words.undone);
    else failed(answer.message ?? (answer.status === 409 ? words.staleTitle : words.offline));
    return row.id;
  }

  async function stale(answer, again, row) {
    const part = new DOMParser().parseFromString(answer.html, "text/html");
    const body = make("div", { class: "c-stale" }, ...[...part.body.childNodes].map((node) => document.importNode(node, true)));
    const chosen = await dialog(words.staleTitle, body, [
      { value: "", label: words.keepSaved },
      { value: "again", label: words.moveAnyway, css: "btn-primary" },
    ]);
    return chosen === "again" ? again() : row.id;
  }

  return { move, tick, reading };
}
