// data-inherit: empties a field, so that it inherits again. The list of sections follows what is read.
import { on } from "./enhance.js";

on("[data-inherit]", (button) => {
  button.addEventListener("click", () => {
    const input = document.getElementById(button.dataset.inherit);
    input.value = "";
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.focus();
  });
});

on("[data-toc]", (list) => {
  const links = new Map([...list.querySelectorAll("a")].map((link) => [link.hash.slice(1), link]));
  const seen = new IntersectionObserver(
    (entries) => {
      const first = entries.filter((entry) => entry.isIntersecting)[0];
      if (!first) return;
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(first.target.id)?.setAttribute("aria-current", "true");
    },
    { root: document.getElementById("main"), rootMargin: "0px 0px -70% 0px" },
  );
  for (const id of links.keys()) {
    const heading = document.getElementById(id);
    if (heading) seen.observe(heading);
  }
});
