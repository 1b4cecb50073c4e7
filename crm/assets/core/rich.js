// data-editor: a textarea of rich text. The editor is fetched by the pages that have one.
import { on } from "./enhance.js";

on("textarea[data-editor]", async (area) => {
  if (area.readOnly) return;
  const { start } = await import("../editor/editor.js");
  if (area.isConnected) start(area);
});
