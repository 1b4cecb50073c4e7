// What the purge of Tabler keeps although no template, Python or JavaScript file spells it out.
export const SAFELIST = {
  // Their values are chosen at run time.
  dynamicAttributes: ["data-bs-theme", "aria-expanded", "aria-current"],
  // Ours may use a variable or an animation that Tabler's own rules no longer do.
  variables: false,
  keyframes: false,
};
