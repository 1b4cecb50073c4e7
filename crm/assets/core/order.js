// A list whose rows have "Move up" is in an order of its own: its rows are dragged, too, or moved
// by Alt and an arrow. The server hears which row is the neighbour now, so that pages and filters
// of the list do not matter.
import { on } from "./enhance.js";

const UP = 'button[formaction*="/up/"]';
let saving = Promise.resolve();

on(`.c-table:has(${UP})`, (table) => {
  let dragged = null;
  for (const row of rowsOf(table)) row.draggable = true;

  // In an input the mouse selects text.
  table.addEventListener("pointerdown", (event) => {
    const row = event.target.closest("[data-row]");
    if (row) row.draggable = !event.target.closest(".editing");
  });
  table.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("[data-row]");
    dragged?.classList.add("dragged");
  });
  table.addEventListener("dragover", (event) => {
    const over = event.target.closest("[data-row]");
    if (!dragged || !over) return;
    event.preventDefault();
    const { top, height } = over.getBoundingClientRect();
    over[event.clientY < top + height / 2 ? "before" : "after"](dragged);
  });
  table.addEventListener("dragend", () => {
    dragged?.classList.remove("dragged");
    if (dragged) save(dragged);
    dragged = null;
  });
  table.addEventListener("keydown", (event) => {
    const row = event.target.closest("[data-row]");
    const next = { ArrowUp: row?.previousElementSibling, ArrowDown: row?.nextElementSibling }[event.key];
    if (!event.altKey || !next) return;
    event.preventDefault();
    const { activeElement } = document;
    next[event.key === "ArrowUp" ? "before" : "after"](row);
    activeElement.focus(); // moved elements lose it
    save(row);
  });
});

function rowsOf(table) {
  return [...table.querySelectorAll("[data-row]")].filter((row) => row.querySelector(UP));
}

// .../up/7: the row's number, and the address of its place
function addressOf(row) {
  return row.querySelector(UP).getAttribute("formaction");
}

function save(row) {
  const [before, after] = [row.nextElementSibling, row.previousElementSibling];
  const [name, neighbour] = after ? ["after", after] : ["before", before];
  const data = new FormData(document.getElementById("act"));
  data.set(name, addressOf(neighbour).split("/").pop().split("?")[0]);
  const place = addressOf(row).replace("/up/", "/place/");
  saving = saving.then(async () => {
    const answer = await fetch(place, { method: "POST", body: data }).catch(() => null);
    if (!answer?.ok || answer.redirected) location.reload(); // with the reason, in the order that holds
  });
}
