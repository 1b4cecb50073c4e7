// The buttons above the calendar, and its keys T and N wherever the focus is.

/** `move("today" | "prev" | "next")`, `show(view)`; `create()` opens the form, without the right to it there is none. */
export function toolbar(root, { move, show, create }) {
  const find = (name) => document.querySelector(`[data-${name}]`);
  for (const button of document.querySelectorAll("[data-go-to]")) {
    button.addEventListener("click", () => move(button.dataset.goTo));
  }
  for (const button of document.querySelectorAll("[data-view]")) {
    button.addEventListener("click", () => show(button.dataset.view));
  }
  find("views").addEventListener("change", ({ target }) => show(target.value));
  find("side").addEventListener("click", ({ currentTarget }) => {
    const isOpen = root.classList.toggle("side-open");
    currentTarget.setAttribute("aria-expanded", String(isOpen));
  });
  find("new")?.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    create();
  });
  document.addEventListener("keydown", (event) => {
    const busy = event.target.closest("input, textarea, select, [contenteditable], dialog, [popover]");
    if (busy || event.ctrlKey || event.metaKey || event.altKey || document.body.dataset.keys === "off") return;
    if (event.key.toLowerCase() === "t") move("today");
    else if (event.key.toLowerCase() === "n" && create) create();
    else return;
    event.preventDefault();
  });
}
