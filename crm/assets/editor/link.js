// The address of a link, asked for in a row under the toolbar.
import { icon, make } from "../core/words.js";
import { cleanLink } from "./inline.js";
import { schema } from "./schema.js";

const { link } = schema.marks;

/** What somebody types for an address, as a link has it; "" where it is none. */
export function addressOf(typed) {
  const text = typed.trim();
  if (/^[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+$/.test(text)) return cleanLink(`mailto:${text}`);
  if (/^\+?[\d\s().-]{6,}$/.test(text)) return cleanLink(`tel:${text.replace(/[^+\d]/g, "")}`);
  if (!/^[a-z][a-z\d+.-]*:/i.test(text) && /^[^\s/.]+\.[^\s]+$/.test(text)) return cleanLink(`https://${text}`);
  return cleanLink(text);
}

// The selection or, where nothing is selected, the link around the cursor.
function range(state) {
  const { from, to, empty, $from } = state.selection;
  const mark = link.isInSet($from.marks()) ?? link.isInSet($from.nodeAfter?.marks ?? []);
  if (!empty || !mark) return { from, to, href: mark?.attrs.href ?? "" };
  let [run, at] = [null, $from.start()];
  for (const child of $from.parent.children) {
    const next = at + child.nodeSize;
    if (mark.isInSet(child.marks)) run = { from: run?.from ?? at, to: next, href: mark.attrs.href };
    else if (run && run.to >= from) break;
    else run = null;
    at = next;
  }
  return run;
}

/** The row, and the command that opens it; `view` returns the editor, which is made later. */
export function linkBox(id, words, view) {
  const input = make("input", { type: "text", class: "form-control", id: `${id}-link`, inputmode: "url", autocomplete: "off", spellcheck: "false", "aria-describedby": `${id}-link-error` });
  const press = (text, css, act) => {
    const button = make("button", { type: "button", class: `btn btn-sm ${css}` }, text);
    button.addEventListener("click", act);
    return button;
  };
  const error = make("div", { class: "c-err", id: `${id}-link-error`, role: "alert", hidden: true });
  let place = { from: 0, to: 0, href: "" };
  const close = () => {
    box.hidden = true;
    view().focus();
  };
  const remove = press(words.removeLink, "btn-ghost", () => {
    view().dispatch(view().state.tr.removeMark(place.from, place.to, link));
    close();
  });
  const apply = () => {
    const href = addressOf(input.value);
    error.hidden = Boolean(href);
    if (!href) {
      error.replaceChildren(icon("alert-circle"), make("span", {}, words.noLink));
      input.setAttribute("aria-invalid", "true");
      return input.focus();
    }
    const { tr } = view().state;
    if (place.from === place.to) tr.insertText(input.value.trim(), place.from);
    const to = place.from === place.to ? place.from + input.value.trim().length : place.to;
    view().dispatch(tr.removeMark(place.from, to, link).addMark(place.from, to, link.create({ href })).removeStoredMark(link));
    close();
  };
  const box = make("div", { class: "link", hidden: true }, make("label", { for: input.id }, words.address), input, press(words.apply, "", apply), remove, press(words.cancel, "btn-ghost", close), error);
  box.addEventListener("keydown", (event) => {
    if (!["Escape", "Enter", "Tab"].includes(event.key)) return;
    event.stopPropagation(); // they would save or close the field that is edited in place
    if (event.key === "Escape") close();
    if (event.key === "Enter" && event.target === input) {
      event.preventDefault();
      apply();
    }
  });
  const open = (state, dispatch) => {
    if (!dispatch) return true;
    place = range(state);
    input.value = place.href;
    input.removeAttribute("aria-invalid");
    error.hidden = true;
    remove.hidden = !place.href;
    box.hidden = false;
    input.select();
    return true;
  };
  return { box, open };
}
