// What screen readers call the parts that FullCalendar draws.

/** The heading of the hours has no content. */
export function nameHeadings(view) {
  for (const empty of view.querySelectorAll("[role=rowheader]:empty")) {
    empty.role = "presentation";
    empty.removeAttribute("aria-label");
  }
}

/** A cell is called by its number and its column: a label of its own would hide the events in it. */
export function nameCells(region) {
  for (const cell of region.querySelectorAll("[role=gridcell][aria-label]")) cell.removeAttribute("aria-label");
  // What scrolls and has no event in it can be reached by itself.
  const scroller = region.querySelector("[style*=overflow]");
  const cell = scroller?.querySelector("[role=gridcell]");
  if (!cell) return;
  if (scroller.querySelector("[data-event]")) cell.removeAttribute("tabindex");
  else cell.tabIndex = 0;
}
