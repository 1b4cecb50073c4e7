// data-live: a part of a form that the server writes from what is typed, e.g. who is busy at that time.
// A button with data-take-start writes the time that it offers into the form.
import { on } from "./enhance.js";
import { afterTyping, poster } from "./typing.js";

on("form [data-live]", (place) => {
  const form = place.closest("form");
  const ask = poster(form, place.dataset.live, async (answer) => {
    const text = await answer.text();
    if (place.dataset.shown === text) return; // said again, it would be read out again
    place.dataset.shown = text;
    const told = new DOMParser().parseFromString(text, "text/html").body;
    place.replaceChildren(...document.importNode(told, true).childNodes);
  });
  afterTyping(form, ask);
  place.addEventListener("click", ({ target }) => {
    const { takeStart, takeEnd } = target.closest("[data-take-start]")?.dataset ?? {};
    if (takeStart) take({ starts_at: takeStart, ends_at: takeEnd });
  });
  ask();

  function take(values) {
    for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
    form.elements.starts_at.dispatchEvent(new Event("input", { bubbles: true }));
    form.elements.starts_at.focus();
  }
});
