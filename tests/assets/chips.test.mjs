// The variables of a template as chips, where the list beside the form knows them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { EditorState } from "../../crm/assets/node_modules/prosemirror-state/dist/index.js";
import { chipping } from "../../crm/assets/editor/chips.js";
import { docOf, htmlOf } from "../../crm/assets/editor/schema.js";

const button = { dataset: { word: "Number" } };
const list = { dataset: { if: "If {name}", end: "End" }, querySelector: (css) => (css.includes('"quote.number"') ? button : null) };
const { chipped } = chipping({ querySelector: () => list });

/** The words of the chips in a text, and the text as it is stored. */
function read(text) {
  const { doc } = chipped(EditorState.create({ doc: docOf(text) }));
  const words = [];
  doc.descendants((node) => void (node.type.name === "chip" && words.push(node.attrs.word)));
  return [words, htmlOf(doc)];
}

test("a known variable and the ends of its condition are chips, stored as their code", () => {
  const text = "<p>{% if quote.number %}No. {{ quote.number }}{% endif %}</p>";
  assert.deepEqual(read(text), [["If Number", "Number", "End"], text]);
});

test("what the list does not know stays as it was typed", () => {
  for (const text of ["<p>{{ quote.numbr }}</p>", "<p>{% if quote.numbr %}x</p>"]) assert.deepEqual(read(text), [[], text]);
});
