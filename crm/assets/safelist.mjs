// What the purge of Tabler keeps although no template, Python or JavaScript file spells it out.
export const SAFELIST = {
  safelist: {
    // Set by Bootstrap's scripts.
    standard: [
      "show", "showing", "hiding", "fade", "active", "collapse", "collapsing", "collapsed", "disabled",
      "modal-open", "modal-backdrop", "modal-static", "offcanvas-backdrop",
    ],
    // Boxes that Bootstrap builds itself.
    greedy: [/^tooltip/, /^bs-tooltip/, /^popover/, /^bs-popover/],
  },
  // Their values are chosen at run time.
  dynamicAttributes: ["data-bs-theme", "data-bs-popper", "data-popper-placement", "aria-expanded", "aria-current"],
  // Ours may use a variable or an animation that Tabler's own rules no longer do.
  variables: false,
  keyframes: false,
};
