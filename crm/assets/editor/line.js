// The editor of one line, as the subject of a template, over the input that holds it: text and chips.
import { history, redo, undo } from "prosemirror-history";
import { keymap } from "prosemirror-keymap";
import { baseKeymap } from "prosemirror-commands";
import { DOMSerializer, Schema, Slice } from "prosemirror-model";
import { EditorState } from "prosemirror-state";
import { EditorView } from "prosemirror-view";

import { make } from "../core/words.js";
import { asCode, chip, chipping } from "./chips.js";
import { insert, named } from "./editor.js";

const schema = new Schema({
  nodes: { doc: { content: "line" }, line: { content: "inline*", toDOM: () => ["p", 0] }, text: { group: "inline" }, chip },
});
const docOf = (text) => schema.node("doc", null, [schema.node("line", null, text ? [schema.text(text)] : [])]);
const textOf = (doc) => doc.textBetween(0, doc.content.size);
const lineOf = (text) => docOf(text.replace(/\s*[\r\n]+\s*/g, " ").trim()).firstChild.content;
const stay = () => true; // a subject has one line

export function start(input) {
  const { id, form } = input;
  const hasFocus = document.activeElement === input;
  const { chipped, plugins } = chipping(form);
  const keys = { ...baseKeymap, Enter: stay, "Shift-Enter": stay, "Mod-z": undo, "Mod-y": redo, "Mod-Shift-z": redo };
  const stateOf = (text) => chipped(EditorState.create({ doc: docOf(text), plugins: [history(), keymap(keys), ...plugins] }));
  const mount = make("div", { class: `${input.className} c-line`, lang: input.lang, ...named(input), "aria-multiline": "false" });
  const { nodes, marks } = DOMSerializer.fromSchema(schema);
  let written = input.value;

  input.before(mount);
  input.hidden = true;
  input.id = `${id}-text`;
  mount.id = id;
  const view = new EditorView(
    { mount },
    {
      state: stateOf(written),
      clipboardSerializer: new DOMSerializer({ ...nodes, chip: asCode }, marks),
      transformPastedHTML: () => "", // text alone
      handlePaste(_view, event) {
        view.dispatch(view.state.tr.replaceSelection(new Slice(lineOf(event.clipboardData.getData("text/plain")), 0, 0)).scrollIntoView());
        return true;
      },
      dispatchTransaction(transaction) {
        view.updateState(view.state.apply(transaction));
        if (!transaction.docChanged) return;
        written = input.value = textOf(view.state.doc);
        input.dispatchEvent(new Event("input", { bubbles: true }));
      },
    },
  );
  input.addEventListener("input", () => {
    if (input.value === written) return;
    written = input.value; // a draft was restored
    view.updateState(stateOf(written));
  });
  input.addEventListener("editor:insert", ({ detail }) => insert(view, detail));
  document.querySelector(`label[for="${id}"]`)?.addEventListener("click", () => view.focus());
  if (hasFocus) view.focus();
}
