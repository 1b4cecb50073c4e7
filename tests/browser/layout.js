// What is wrong with the layout of the page, or of the part at `root`: text that is cut, boxes that
// overlap, what scrolls sideways, what stays covered when it has the focus. One sentence each.
(root) => {
  const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex='0']";
  // These scroll sideways on purpose; the page never does.
  const WIDE = ".c-tabs, .c-filters, .c-scroll-x, .c-board, .c-stages, pre";
  // Cut at the edge on purpose: the whole is one click away.
  const CUT = ".c-fold > summary";
  const LEAST = 24; // pixels: of less than three letters nobody makes a word
  const top = document.querySelector(root);
  const found = new Set();
  const styles = new Map();

  const style = (element) => {
    if (!styles.has(element)) styles.set(element, getComputedStyle(element));
    return styles.get(element);
  };
  const ancestors = (element) => {
    const all = [];
    for (let one = element; one && one !== document.documentElement; one = one.parentElement) all.push(one);
    return all;
  };
  const isShown = (element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
    ancestors(element).every((one) => style(one).clipPath === "none");
  const plain = (text) => text.trim().replaceAll(/\s+/g, " ");
  const name = (element) => {
    const text = plain(element.ariaLabel || element.innerText || element.name || "");
    const css = typeof element.className === "string" ? element.className.trim().replaceAll(/\s+/g, ".") : "";
    return `${element.localName}${css && `.${css}`} "${text.slice(0, 40)}"`;
  };

  function texts() {
    const all = [];
    const walker = document.createTreeWalker(top, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!node.data.trim() || element.closest("script, style, template, option") || !isShown(element)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      all.push({ element, node, rects: [...range.getClientRects()].filter((one) => one.width > 1) });
    }
    return all;
  }

  // The edge of an element that cuts one of the rectangles, if any does.
  function cutter({ element, rects }) {
    let [x, y] = [true, true];
    for (const one of ancestors(element)) {
      const { overflowX, overflowY, display } = style(one);
      if (display === "inline" || display === "contents") continue;
      const box = one.getBoundingClientRect();
      // What leaves its cell goes under the next one.
      if (x && (/hidden|clip/.test(overflowX) || one.matches("td, th")) && rects.some((r) => r.right > box.right + 1 || r.left < box.left - 1)) return one;
      if (y && /hidden|clip/.test(overflowY) && rects.some((r) => r.bottom > box.bottom + 3 || r.top < box.top - 3)) return one;
      x &&= !/auto|scroll/.test(overflowX);
      y &&= !/auto|scroll/.test(overflowY);
    }
    return null;
  }

  // Whether the pointer gets to read what is cut.
  function whole({ element, node }) {
    element.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
    return plain(element.closest("[title]")?.title ?? "").includes(plain(node.data));
  }

  function cut(all) {
    for (const one of all) {
      const by = !one.element.closest(CUT) && cutter(one);
      if (!by) continue;
      const most = Math.max(...one.rects.map((rect) => seen(by, rect)).map(({ left, right }) => right - left));
      if (!whole(one)) found.add(`cut: ${name(one.element)} by ${name(by)}`);
      else if (most < LEAST) found.add(`cut to nothing: ${name(one.element)} by ${name(by)}`);
    }
  }

  function sideways() {
    for (const one of [document.documentElement, ...top.querySelectorAll("*")]) {
      const scrolls = one === document.documentElement || /auto|scroll/.test(style(one).overflowX);
      if (!scrolls || one.scrollWidth <= one.clientWidth + 1 || one.matches(WIDE) || !isShown(one)) continue;
      const edge = one.getBoundingClientRect().left + one.clientWidth;
      const beyond = [...one.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > edge + 1);
      found.add(`scrolls sideways: ${one.localName}.${one.className} for ${beyond.slice(-1).map(name)}`);
    }
  }

  // What is seen of a rectangle, and the layer that it is painted in.
  function seen(element, rect) {
    let { left, right, top: above, bottom } = rect;
    for (const one of ancestors(element)) {
      const { position, overflowX, overflowY } = style(one);
      const box = one.getBoundingClientRect();
      if (overflowX !== "visible") [left, right] = [Math.max(left, box.left), Math.min(right, box.right)];
      if (overflowY !== "visible") [above, bottom] = [Math.max(above, box.top), Math.min(bottom, box.bottom)];
      if (position === "fixed" || position === "sticky" || one.popover || one.localName === "dialog") {
        return { element, left, right, above, bottom, layer: one };
      }
    }
    return { element, left, right, above, bottom, layer: document.body };
  }

  // A field without its padding, in which signs and buttons stand on purpose.
  function content(element, { left, right, top: above, bottom }) {
    if (!element.matches("input, select")) return { left, right, top: above, bottom };
    const { paddingLeft, paddingRight } = style(element);
    return { left: left + Number.parseFloat(paddingLeft), right: right - Number.parseFloat(paddingRight), top: above, bottom };
  }

  function overlaps(all) {
    const boxes = all.flatMap(({ element, rects }) => rects.map((rect) => seen(element, rect)));
    for (const one of top.querySelectorAll(FOCUSABLE)) {
      if (one.type !== "hidden" && isShown(one)) boxes.push(...[...one.getClientRects()].map((rect) => seen(one, content(one, rect))));
    }
    const real = boxes.filter((b) => b.right - b.left > 3 && b.bottom - b.above > 3).sort((a, b) => a.above - b.above);
    real.forEach((a, index) => {
      for (let next = index + 1; next < real.length && real[next].above < a.bottom - 3; next++) overlap(a, real[next]);
    });
  }

  function overlap(a, b) {
    if (a.layer !== b.layer || a.element.contains(b.element) || b.element.contains(a.element)) return;
    const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const height = Math.min(a.bottom, b.bottom) - Math.max(a.above, b.above);
    if (width > 3 && height > 3) found.add(`overlap: ${name(a.element)} and ${name(b.element)}`);
  }

  function covered() {
    document.activeElement.blur(); // what has the focus already is not scrolled to
    for (const one of top.querySelectorAll(FOCUSABLE)) {
      if (one.tabIndex < 0 || one.disabled || one.type === "hidden" || !isShown(one)) continue;
      one.focus();
      if (document.activeElement !== one) continue;
      const { left, right, above, bottom } = seen(one, one.getClientRects()[0]);
      const points = [0.5, 0.15, 0.85].map((part) => [left + (right - left) * part, above + (bottom - above) * part]);
      const hit = ([x, y]) => {
        const there = document.elementFromPoint(x, y);
        return there && (one.contains(there) || there.contains(one) || there.closest("label")?.contains(one));
      };
      // Of a long text the browser shows the line that one writes in.
      const enough = one.localName === "textarea" ? 1 : 2;
      if (points.filter(hit).length < enough) found.add(`covered when focused: ${name(one)}`);
    }
    document.activeElement.blur();
  }

  const all = texts();
  cut(all);
  sideways();
  overlaps(all);
  covered();
  if (root === "body" && document.querySelectorAll("h1").length !== 1) found.add("not one h1");
  return [...found];
}
