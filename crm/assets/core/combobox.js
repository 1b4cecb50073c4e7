// Tom Select as our combobox. It opens by a click, an arrow or a text, never by the focus alone; Enter
// and Tab choose only what an arrow or a text has highlighted, Ctrl+Enter chooses nothing.
import TomSelect from "tom-select/base";

export default class Combobox extends TomSelect {
  /** Open the list with what the server offers now: it depends on other fields, and on colleagues. */
  show() {
    this.answered = undefined;
    this.loadedSearches = {};
    this.load(this.inputValue());
    this.refreshOptions(true);
  }

  /** Take the options that the server has found for `query`, unless another was typed meanwhile. */
  answer(query, options, done) {
    const isCurrent = query === this.question;
    if (isCurrent) {
      this.clearOptions(); // what an earlier question found; the choice itself stays
      this.answered = query;
      this.found = new Set(options.map(({ value }) => value));
    }
    done(isCurrent ? options : []);
    if (this.choosing && isCurrent) this.chooseFirst();
  }

  get question() {
    return this.leaving ?? this.inputValue();
  }

  get isAnswered() {
    return !this.settings.load || this.answered === this.question;
  }

  onClick() {
    const { isOpen } = this;
    super.onClick();
    if (!isOpen) this.show();
  }

  // The pointer chooses what it clicks; what it happens to be over is painted by the stylesheet.
  onOptionHover() {}

  onKeyDown(event) {
    const { key } = event;
    const chooses = key === "Enter" || key === "Tab";
    if (key === "Enter" && (event.ctrlKey || event.metaKey)) return;
    if (chooses && this.isOpen && this.inputValue() && !this.isAnswered) return this.wait(event);
    this.forgetKey();
    if (!this.isLocked && (key === "ArrowDown" || key === "ArrowUp")) this.step(event);
    else if (key === "Tab" && this.settings.mode === "single" && this.canSelect(this.activeOption)) {
      this.onOptionSelect(event, this.activeOption); // and the focus goes on to the next field
    } else super.onKeyDown(event);
  }

  step(event) {
    event.preventDefault();
    this.moved = true;
    if (!this.isOpen) this.show();
    else if (this.activeOption) super.onKeyDown(event);
    else if (this.isAnswered) this.setActiveOption([...this.selectable()].at(event.key === "ArrowDown" ? 0 : -1));
  }

  // Keys are quicker than the server: what was typed chooses as soon as its options are there.
  wait(event) {
    if (event.key === "Enter") event.preventDefault();
    else this.leaving = this.inputValue();
    this.choosing ??= new Promise((resolve) => (this.chosen = resolve));
  }

  chooseFirst() {
    const [first] = this.selectable();
    if (first) this.addItem(first.dataset.value);
    this.close();
    this.chosen();
    this.forgetKey();
  }

  forgetKey() {
    this.choosing = this.leaving = undefined;
  }

  refreshOptions(opens = true) {
    super.refreshOptions(opens);
    if (!this.isAnswered || !(this.moved || this.inputValue())) this.clearActiveOption();
    else if (!this.moved) this.setActiveOption(this.selectable()[0]);
  }

  // An answer does not open a list that was closed meanwhile.
  loadCallback(options, groups) {
    const { isOpen } = this;
    super.loadCallback(options, groups);
    if (!isOpen) this.close(false);
  }

  // After a choice nothing is highlighted: the next Tab leaves, and adds no second one.
  addItem(value, silent) {
    this.moved = false;
    this.setTextboxValue("");
    super.addItem(value, silent);
  }

  close(emptied = true) {
    this.moved = false;
    super.close(emptied);
  }
}
