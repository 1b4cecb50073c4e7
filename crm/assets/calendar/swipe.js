// A finger that wipes across the calendar leads to the period before or after; what is held is dragged.
const FAR = 60; // pixels
const QUICK = 500; // milliseconds

export function swipe(element, turn) {
  let from = null;
  element.addEventListener("touchstart", ({ touches }) => {
    from = touches.length === 1 ? { x: touches[0].clientX, y: touches[0].clientY, at: Date.now() } : null;
  }, { passive: true });
  element.addEventListener("touchend", ({ changedTouches }) => {
    if (!from || Date.now() - from.at > QUICK) return;
    const [x, y] = [changedTouches[0].clientX - from.x, changedTouches[0].clientY - from.y];
    if (Math.abs(x) > FAR && Math.abs(x) > 2 * Math.abs(y)) turn(x < 0 ? 1 : -1);
  }, { passive: true });
}
