// A row of a list is a link as a whole: a click beside its links and buttons opens its record, with
// Ctrl, Cmd, Shift or the middle button in another tab. Text that is selected stays selected.
const CONTROLS = "a, button, input, label, select, summary, [popover], .c-field";

function linkOf(event) {
  if (event.defaultPrevented || event.target.closest?.(CONTROLS)) return null;
  return event.target.closest?.("tr[data-row]")?.querySelector(".main a:not(.edit)") ?? null;
}

document.addEventListener("click", (event) => {
  const link = linkOf(event);
  if (!link || event.altKey || !getSelection().isCollapsed) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey) window.open(link.href, "_blank");
  else link.click();
});

document.addEventListener("auxclick", (event) => {
  const link = event.button === 1 ? linkOf(event) : null;
  if (link) window.open(link.href, "_blank");
});

// The middle button would start to scroll.
document.addEventListener("mousedown", (event) => {
  if (event.button === 1 && linkOf(event)) event.preventDefault();
});
