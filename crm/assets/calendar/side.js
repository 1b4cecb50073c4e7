// What is ticked beside the calendar: people, teams, types, agencies, colours.
import { plain } from "../core/words.js";

const LISTS = ["people", "types", "agencies"];
const SHOWN = 8; // people that are listed without being looked for

/** Keeps the ticks and `state` alike; `changed()` is called after a tick. */
export function side(form, config, state, changed) {
  const boxes = (name) => [...form.querySelectorAll(`[name="${name}"]`)];
  const team = (box) => config.teams.find((one) => String(one.id) === box.value).members.map(String);
  const near = new Set(config.teams.flatMap((one) => (one.members.includes(config.me) ? one.members.map(String) : [])));

  function draw() {
    for (const name of LISTS) for (const box of boxes(name)) box.checked = state[name].has(box.value);
    for (const box of boxes("color")) box.checked = box.value === state.color;
    for (const box of boxes("team")) {
      const ticked = team(box).filter((id) => state.people.has(id)).length;
      box.checked = ticked === team(box).length;
      box.indeterminate = ticked > 0 && !box.checked;
    }
    find();
  }

  // The ticked ones, oneself and one's team; of all others those who are looked for.
  function find() {
    const looked = plain(form.querySelector("[data-find-person]").value.trim());
    const all = boxes("people");
    const few = all.length <= SHOWN;
    for (const box of all) {
      const label = box.closest("label");
      const known = few || box.checked || near.has(box.value) || box.value === String(config.me);
      label.hidden = looked ? !plain(label.textContent).includes(looked) : !known;
    }
    form.querySelector("[data-find-person]").hidden = few;
  }

  form.addEventListener("change", ({ target }) => {
    if (LISTS.includes(target.name)) state[target.name][target.checked ? "add" : "delete"](target.value);
    if (target.name === "color") state.color = target.value;
    if (target.name === "team") for (const id of team(target)) state.people[target.checked ? "add" : "delete"](id);
    if (!target.name) return;
    draw();
    changed();
  });
  form.querySelector("[data-find-person]").addEventListener("input", find);
  form.addEventListener("submit", (event) => event.preventDefault());
  draw();
  return draw;
}
