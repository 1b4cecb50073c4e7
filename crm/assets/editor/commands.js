// What the toolbar and the keys do to the text.
import { baseKeymap, chainCommands, lift, setBlockType, toggleMark, wrapIn } from "prosemirror-commands";
import { redo, undo } from "prosemirror-history";
import { liftListItem, sinkListItem, splitListItem, wrapInList } from "prosemirror-schema-list";

import { schema } from "./schema.js";

const { nodes, marks } = schema;
export const bold = toggleMark(marks.strong);
export const italic = toggleMark(marks.em);
export const paragraph = setBlockType(nodes.paragraph);
export const heading = (level) => setBlockType(nodes.heading, { level });
export const bulletList = list(nodes.bullet_list);
export const orderedList = list(nodes.ordered_list);
export { undo };

/** The innermost node of these types around the selection, with its depth. */
function around({ $from }, types) {
  for (let depth = $from.depth; depth > 0; depth -= 1) if (types.includes($from.node(depth).type)) return { node: $from.node(depth), depth };
  return null;
}

export const isIn = (state, type) => around(state.selection, [nodes.bullet_list, nodes.ordered_list, nodes.blockquote])?.node.type === type;
export const styleOf = ({ selection }) => (selection.$from.parent.type === nodes.heading ? `h${selection.$from.parent.attrs.level}` : "p");

export function hasMark(state, type) {
  const { empty, from, to, $from } = state.selection;
  return empty ? Boolean(type.isInSet(state.storedMarks ?? $from.marks())) : state.doc.rangeHasMark(from, to, type);
}

// A heading is no part of a list or a quotation: it becomes a paragraph first.
function plain(wrap) {
  return (state, dispatch) => {
    if (styleOf(state) === "p") return wrap(state, dispatch);
    if (!dispatch) return true;
    paragraph(state, (first) => {
      const next = state.apply(first);
      wrap(next, (second) => {
        for (const step of second.steps) first.step(step);
      });
      dispatch(first);
    });
    return true;
  };
}

function list(type) {
  return (state, dispatch) => {
    const found = around(state.selection, [nodes.bullet_list, nodes.ordered_list]);
    if (!found) return plain(wrapInList(type))(state, dispatch);
    if (found.node.type === type) return liftListItem(nodes.list_item)(state, dispatch);
    dispatch?.(state.tr.setNodeMarkup(state.selection.$from.before(found.depth), type));
    return true;
  };
}

export function quotation(state, dispatch) {
  return around(state.selection, [nodes.blockquote]) ? lift(state, dispatch) : plain(wrapIn(nodes.blockquote))(state, dispatch);
}

function lineBreak(state, dispatch) {
  dispatch?.(state.tr.replaceSelectionWith(nodes.hard_break.create()).scrollIntoView());
  return true;
}

/** The keys; Tab is none of them, so that it leaves the editor. */
export const keys = (openLink) => ({
  ...baseKeymap,
  Enter: chainCommands(splitListItem(nodes.list_item), baseKeymap.Enter),
  "Shift-Enter": lineBreak,
  "Mod-b": bold,
  "Mod-i": italic,
  "Mod-k": openLink,
  "Mod-z": undo,
  "Mod-y": redo,
  "Mod-Shift-z": redo,
  "Mod-Shift-7": orderedList,
  "Mod-Shift-8": bulletList,
  "Mod-Shift-9": quotation,
  "Mod-]": sinkListItem(nodes.list_item),
  "Mod-[": liftListItem(nodes.list_item),
});
