// The names in a drawing, cut where they would leave it no room: the table beside it has them whole.

export const GLYPH = 6.5; // pixels of a character
const AROUND = 25; // pixels of a square of the legend and the gaps around it

export function cut(name, longest) {
  return name.length > longest ? `${name.slice(0, longest - 1).trimEnd()}…` : name;
}

/** How many lines a legend of these names takes in so many pixels. */
export function linesOf(names, width) {
  let [lines, used] = [1, 0];
  for (const name of names) {
    const room = AROUND + name.length * GLYPH;
    if (used && used + room > width) [lines, used] = [lines + 1, 0];
    used += room;
  }
  return lines;
}
