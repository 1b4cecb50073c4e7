// .c-dash: the charts of a board are fetched after the page; the figures of home too.
import { on } from "./enhance.js";

on(".c-dash, .c-home:has([data-later])", async (root) => {
  const { start } = await import("../reporting/later.js");
  start(root);
});

on("[data-cells]", async (table) => {
  const { start } = await import("../reporting/cells.js");
  start(table);
});
