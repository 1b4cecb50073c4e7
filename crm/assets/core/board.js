// .c-dash: the charts of a board are fetched after the page.
import { on } from "./enhance.js";

on(".c-dash", async (root) => {
  const { start } = await import("../reporting/later.js");
  start(root);
});

on("[data-cells]", async (table) => {
  const { start } = await import("../reporting/cells.js");
  start(table);
});
