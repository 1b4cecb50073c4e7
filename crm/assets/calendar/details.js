// The popover with the details of an event, read from the server when it is asked for.
import { enhance } from "../core/enhance.js";
import { openFrom } from "../core/menus.js";
import { start, stop } from "../core/progress.js";
import { ask } from "./rows.js";

/** A function that shows the details of `row` beside `element`; `failed(text)` says why it cannot. */
export function details(popover, config, failed) {
  return async (row, element) => {
    start();
    try {
      const answer = await ask(`${config.urls.event}${row.id}`);
      if (!answer.ok) return failed(answer.status === 404 ? config.words.gone : config.words.offline);
      const part = new DOMParser().parseFromString(await answer.text(), "text/html");
      popover.replaceChildren(...[...part.body.childNodes].map((node) => document.importNode(node, true)));
      enhance(popover);
      openFrom(popover, element);
      popover.querySelector("h2 a, button")?.focus();
    } catch {
      failed(config.words.offline);
    } finally {
      stop();
    }
  };
}
