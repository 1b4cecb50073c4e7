// data-calendar: the page of the calendar fetches what only it needs.
import { on } from "./enhance.js";

on("[data-calendar]", async (root) => {
  const { start } = await import("../calendar/page.js");
  if (root.isConnected) start(root);
});
