// Runs each module on the elements that carry its attribute, on the page and on what is swapped into it.
const modules = [];

/** Call `module(element)` once for every element that matches `selector`, now and later. */
export function on(selector, module) {
  modules.push([selector, module, new WeakSet()]);
}

export function enhance(root) {
  for (const [selector, module, done] of modules) {
    const inside = [...root.querySelectorAll(selector)];
    if (root.matches?.(selector)) inside.unshift(root);
    for (const element of inside) {
      if (done.has(element)) continue;
      done.add(element);
      module(element);
    }
  }
}
