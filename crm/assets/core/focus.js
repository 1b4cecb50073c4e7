// data-focus: what a refused page says first takes the focus, so that nobody misses it.
import { on } from "./enhance.js";

on("[data-focus]", (element) => element.focus());
