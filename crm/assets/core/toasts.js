// data-toast: one at a time, eight seconds, as long as it is hovered or focused.
import { on } from "./enhance.js";

const SECONDS = 8;

on("[data-toast]", (toast) => {
  let left = SECONDS;
  const clock = setInterval(() => {
    if (toast.matches(":hover, :focus-within")) return;
    left -= 1;
    if (left <= 0) close();
  }, 1000);
  const close = () => {
    clearInterval(clock);
    toast.remove();
  };
  toast.querySelector("[data-close]").addEventListener("click", close);
  // A live region says only what changes after it was there.
  const region = toast.parentElement;
  requestAnimationFrame(() => region.append(toast));
});
