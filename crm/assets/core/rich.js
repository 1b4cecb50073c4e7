// data-editor: a textarea of rich text; data-line: a line of text with variables. Their editors are fetched
// by the pages that have one.
import { on } from "./enhance.js";

on("textarea[data-editor]", async (area) => {
  if (area.readOnly) return;
  const { start } = await import("../editor/editor.js");
  if (area.isConnected) start(area);
});

on("input[data-line]", async (input) => {
  const { start } = await import("../editor/line.js");
  if (input.isConnected) start(input);
});
