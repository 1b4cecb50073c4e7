// data-later: parts of a page that are fetched after it, two at a time, from the top.
import htmx from "htmx.org";

import { make, say } from "../core/words.js";

const AT_ONCE = 2;

export function start(root) {
  draw(root);
  const waiting = [...root.querySelectorAll("[data-later]:not([data-asked])")];
  const next = async () => {
    const place = waiting.shift();
    if (!place?.isConnected) return place && next();
    place.dataset.asked = "";
    await fill(place);
    return next();
  };
  for (let n = 0; n < AT_ONCE; n++) next();
}

async function fill(place) {
  place.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(place.dataset.later, { headers: { "HX-Request": "true" } });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    place.innerHTML = await answer.text();
    place.classList.add("loaded");
    htmx.process(place);
    document.dispatchEvent(new Event("moved"));
    await draw(place);
  } catch {
    refuse(place);
  } finally {
    place.removeAttribute("aria-busy");
  }
}

async function draw(place) {
  const drawings = place.querySelectorAll("[data-drawing]");
  if (!drawings.length) return;
  const { show } = await import("./drawing.js");
  for (const one of drawings) show(one);
}

function refuse(place) {
  const again = make("button", { type: "button", class: "btn btn-sm" }, say("again"));
  again.addEventListener("click", () => fill(place));
  place.replaceChildren(make("p", { class: "c-none", role: "alert" }, say("failed"), " ", again));
}
