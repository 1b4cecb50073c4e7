// What the server says of a form while one types into it: asked a little after the last key.
const WAIT = 300; // milliseconds

/** A function that posts `form` to `url` and gives the answer to `place`; only the last one asked counts. */
export function poster(form, url, place) {
  let running;
  // An answer to what has changed since is not shown.
  for (const event of ["input", "change"]) form.addEventListener(event, () => running?.abort());
  return async () => {
    running?.abort();
    running = new AbortController();
    try {
      const answer = await fetch(url, { method: "POST", body: new FormData(form), signal: running.signal });
      if (answer.ok && !answer.redirected) await place(answer);
    } catch (error) {
      // Asked anew, no network, or a page instead of what was asked for: what is shown stays.
      if (error.name !== "AbortError" && !(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error;
    }
  };
}

/** Call `run` once nothing more is typed into `form`. Returns a function that makes it wait anew. */
export function afterTyping(form, run) {
  let wait;
  const later = () => {
    clearTimeout(wait);
    wait = setTimeout(run, WAIT);
  };
  for (const event of ["input", "change"]) form.addEventListener(event, later);
  return later;
}
