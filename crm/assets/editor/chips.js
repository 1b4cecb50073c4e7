// The variables of a template as words: {{ quote.number }} is a chip, and so are both ends of a condition.
// A chip is made of the code wherever it is typed, pasted or inserted, and is the code again in what is
// stored and copied. What the list beside the form does not know stays as it was typed.
import { Plugin } from "prosemirror-state";

const CODE = /\{\{\s*([\w.]+)\s*\}\}|\{%\s*if\s+([\w.]+)\s*%\}|\{%\s*endif\s*%\}/g;

/** The node of a chip, for a schema. */
export const chip = {
  inline: true,
  group: "inline",
  atom: true,
  attrs: { code: {}, word: {}, css: {} },
  leafText: ({ attrs }) => attrs.code,
  toDOM: ({ attrs }) => ["span", { class: attrs.css, title: attrs.code }, attrs.word],
};

/** How a chip is copied: as its code. */
export const asCode = ({ attrs }) => ["span", attrs.code];

/** The function by which a state has chips, and the plugins that keep it so; neither where `form` has no list. */
export function chipping(form) {
  const list = form?.querySelector("[data-variables]");
  if (!list) return { chipped: (state) => state, plugins: [] };
  const attrsOf = namesOf(list);
  const plugin = new Plugin({ appendTransaction: (changes, _old, state) => (changes.some((one) => one.docChanged) ? replaced(state, attrsOf) : null) });
  const chipped = (state) => {
    const change = replaced(state, attrsOf);
    return change ? state.apply(change.setMeta("addToHistory", false)) : state;
  };
  return { chipped, plugins: [plugin] };
}

function namesOf(list) {
  // The list of the chosen kind first: the others may call the same variable by a longer word.
  const named = (name) => ["[data-kind]:not([hidden])", "[data-kind]"].map((kind) => list.querySelector(`${kind} [data-insert="${name}"]`)).find(Boolean)?.dataset.word;
  return ([code, variable, tested]) => {
    const word = named(variable ?? tested);
    if (variable) return word && { code, word, css: "c-var" };
    if (tested) return word && { code, word: list.dataset.if.replace("{name}", word), css: "c-var cond" };
    return { code, word: list.dataset.end, css: "c-var cond" };
  };
}

/** The change by which every known code of a document becomes a chip, or null. */
function replaced(state, attrsOf) {
  const found = [];
  state.doc.descendants((node, at) => {
    for (const match of node.isText ? node.text.matchAll(CODE) : []) {
      const attrs = attrsOf(match);
      if (attrs) found.push({ from: at + match.index, to: at + match.index + match[0].length, attrs, marks: node.marks });
    }
  });
  const { tr, schema } = state;
  for (const { from, to, attrs, marks } of found.reverse()) tr.replaceWith(from, to, schema.nodes.chip.create(attrs, null, marks));
  return found.length ? tr : null;
}
