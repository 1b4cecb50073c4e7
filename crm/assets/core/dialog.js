// A modal dialog that the script builds: the browser traps the focus and returns it.
import { icon, make, say } from "./words.js";

/** Show `body` under `title`; resolves with the value of the button that closed it, "" for Esc. */
export function dialog(title, body, buttons = []) {
  const id = `d${Date.now()}`;
  const close = make("button", { type: "button", class: "btn btn-ghost btn-icon", "aria-label": say("close") }, icon("x"));
  const foot = buttons.map(({ value, label, css }) => {
    const button = make("button", { type: "button", class: `btn ${css ?? ""}` }, label);
    button.addEventListener("click", () => shown.close(value));
    return button;
  });
  const shown = make(
    "dialog",
    { class: "c-dialog", "aria-labelledby": id },
    make("div", { class: "hd" }, make("h2", { id }, title), close),
    make("div", { class: "bd" }, body),
    ...(foot.length ? [make("div", { class: "ft" }, ...foot)] : []),
  );
  close.addEventListener("click", () => shown.close(""));
  document.body.append(shown);
  shown.showModal();
  return new Promise((resolve) => {
    shown.addEventListener("close", () => {
      resolve(shown.returnValue);
      shown.remove();
    });
  });
}
