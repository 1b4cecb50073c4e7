// On paper a day and a week are a list: their hours would not fit, or be cut.

/** Call `arrange` before the page is printed; what it returns, if anything, is called afterwards. */
export function onPaper(arrange) {
  let undo;
  addEventListener("beforeprint", () => {
    undo = arrange();
  });
  addEventListener("afterprint", () => undo?.());
}
