// data-lines: the lines of a table are moved and left by keys. Enter goes to the next line, and adds one
// after the last; Alt with an arrow moves the line, as dragging its handle does.
import { on } from "./enhance.js";
import { say } from "./words.js";

const linesOf = (box) => [...box.querySelectorAll("[data-row]")];
const first = (line) => line.querySelector(".lbl :is(textarea, input, select)");

on("[data-lines]", (box) => {
  const prefix = box.dataset.rows;

  box.addEventListener("keydown", (event) => {
    const line = event.target.closest?.("[data-row]");
    if (!line || event.defaultPrevented) return;
    if (event.altKey && ["ArrowUp", "ArrowDown"].includes(event.key)) {
      event.preventDefault();
      move(line, event.key === "ArrowUp" ? -1 : 1, event.target);
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.shiftKey && isCell(event.target)) {
      event.preventDefault();
      leave(line);
    }
  });

  function leave(line) {
    const lines = linesOf(box);
    const next = lines[lines.indexOf(line) + 1];
    if (next) first(next).focus();
    else if (first(line).value) box.querySelector("[data-add-row]").click();
  }

  // The order of the lines is that of their numbers, so two that change places change numbers.
  function move(line, step, focused) {
    const lines = linesOf(box);
    const other = lines[lines.indexOf(line) + step];
    if (!other) return;
    const [mine, its] = [numberOf(line), numberOf(other)];
    renumber(line, mine, its);
    renumber(other, its, mine);
    if (step < 0) other.before(line);
    else other.after(line);
    focused?.focus();
    box.querySelector("[data-moved]").textContent = say("moved", { place: lines.indexOf(other) + 1 });
    const form = box.closest("form");
    form.dataset.reordered = "yes";
    form.dispatchEvent(new Event("input"));
  }

  const numberOf = (line) => Number(line.querySelector(`[name^="${prefix}-"]`).name.split("-")[1]);

  function renumber(line, from, to) {
    for (const part of line.querySelectorAll("*")) {
      for (const { name, value } of [...part.attributes]) {
        if (value.includes(`${prefix}-${from}-`)) part.setAttribute(name, value.replaceAll(`${prefix}-${from}-`, `${prefix}-${to}-`));
      }
    }
  }

  box.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-grip]");
    if (!grip) return;
    const line = grip.closest("[data-row]");
    event.preventDefault();
    grip.focus();
    const drag = ({ clientY }) => {
      const lines = linesOf(box);
      const at = lines.indexOf(line);
      const middle = (other) => other && other.getBoundingClientRect().top + other.offsetHeight / 2;
      if (lines[at - 1] && clientY < middle(lines[at - 1])) move(line, -1, grip);
      else if (lines[at + 1] && clientY > middle(lines[at + 1])) move(line, 1, grip);
    };
    document.addEventListener("pointermove", drag);
    for (const end of ["pointerup", "pointercancel"]) {
      document.addEventListener(end, () => document.removeEventListener("pointermove", drag), { once: true });
    }
  });

  box.addEventListener("click", (event) => {
    const more = event.target.closest("[data-more-row]");
    if (!more) return;
    const open = more.closest("[data-row]").classList.toggle("open");
    more.setAttribute("aria-expanded", String(open));
    if (open) more.closest("[data-row]").querySelector(".more :is(.ts-control > input, input:not([type=hidden]), select, textarea)")?.focus();
  });
});

// An open list takes Enter for itself, and a longer text a new line.
function isCell(target) {
  return !target.closest(".more, .del") && target.getAttribute("aria-expanded") !== "true" && !target.matches("button");
}
