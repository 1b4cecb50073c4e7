// Text that is cut with "…" is whole in a tooltip, given when the pointer reaches it: what is cut
// depends on the width.
const NEAR = 4; // elements from the text to the one that cuts it

document.addEventListener("pointerover", ({ target }) => {
  for (let [one, left] = [target, NEAR]; one instanceof HTMLElement && left; [one, left] = [one.parentElement, left - 1]) {
    if (one.scrollWidth <= one.clientWidth || getComputedStyle(one).textOverflow !== "ellipsis") continue;
    const text = one.textContent.replaceAll(/\s+/g, " ").trim();
    if (!target.closest("[title]")?.title.includes(text)) one.title = text;
    return;
  }
});
