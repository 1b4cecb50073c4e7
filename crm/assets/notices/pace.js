// How often a page asks what the bell says: once a minute while it is looked at, less where the server
// does not answer.
export const MINUTE = 60_000;
const LONGEST = 16;

/** Milliseconds until a visible page asks again, after so many failures one after the other. */
export function pause(failures) {
  return MINUTE * Math.min(2 ** failures, LONGEST);
}

/** Milliseconds until a page asks that becomes visible, `ago` after it asked last. */
export function pauseOnReturn(ago, failures) {
  return Math.max(0, pause(failures) - ago);
}
