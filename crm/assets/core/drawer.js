// data-drawer: the menu on small screens. Without script it is a popover; with it, a modal dialog.
import { on } from "./enhance.js";

on("[data-drawer]", (drawer) => {
  drawer.removeAttribute("popover");
  for (const button of document.querySelectorAll(`[popovertarget="${drawer.id}"]`)) {
    button.removeAttribute("popovertarget");
    button.addEventListener("click", () => (drawer.open ? drawer.close() : drawer.showModal()));
  }
  drawer.addEventListener("click", (event) => event.target === drawer && drawer.close());
  matchMedia("(min-width: 992px)").addEventListener("change", () => drawer.close());
});
