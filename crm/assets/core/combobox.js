// Tom Select as our combobox. It opens by a click, an arrow or a text, never by the focus alone; Enter
// and Tab choose only what an arrow or a text has highlighted, Ctrl+Enter chooses nothing.
import TomSelect from "tom-select/base";

const STEPS = ["ArrowDown", "ArrowUp"];
const CHOICES = ["Enter", "Tab"];

export default class Combobox extends TomSelect {
  early = []; // keys that wait for the options

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
    if (isCurrent) this.replay();
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
    const steps = STEPS.includes(key) && !this.isLocked;
    if (key === "Shift" || (key === "Enter" && (event.ctrlKey || event.metaKey))) return;
    if (steps && !this.isOpen) this.show();
    if (this.isEarly(key)) return this.remember(event);
    this.forget();
    if (steps) {
      event.preventDefault();
      this.move(key);
    } else if (CHOICES.includes(key) && this.isOpen && this.hasActive) {
      if (key === "Enter" || this.settings.mode === "multi") event.preventDefault();
      this.choose(); // Tab goes on to the next field where one choice is all there is
    } else if (key !== "Enter" || !this.isFinished) super.onKeyDown(event);
  }

  // Keys are quicker than the server: what was pressed acts as soon as the options are there.
  isEarly(key) {
    const chooses = CHOICES.includes(key) && Boolean(this.inputValue() || this.early.length);
    return this.isOpen && !this.isAnswered && (STEPS.includes(key) || chooses);
  }

  remember(event) {
    if (event.key === "Tab") this.leaving = this.inputValue();
    else event.preventDefault();
    this.early.push(event.key);
    if (CHOICES.includes(event.key)) this.choosing ??= new Promise((resolve) => (this.chosen = resolve));
  }

  replay() {
    for (const key of this.early.splice(0)) {
      if (STEPS.includes(key)) this.move(key);
      else if (this.hasActive) this.choose();
      else if (key === "Enter" && (this.isFinished || !this.isOpen)) this.input.form?.requestSubmit();
    }
    this.chosen?.();
    this.forget();
  }

  forget() {
    this.early = [];
    this.choosing = this.chosen = this.leaving = undefined;
  }

  // From what is highlighted, else onto what is chosen already, else in at the end that it comes from.
  move(key) {
    const step = key === "ArrowDown" ? 1 : -1;
    const options = [...this.selectable()];
    const chosen = this.settings.mode === "single" ? this.getOption(this.items[0]) : null;
    const next = this.hasActive ? options[options.indexOf(this.activeOption) + step] : options.find((option) => option === chosen);
    const to = next ?? (this.hasActive ? this.activeOption : options.at(step > 0 ? 0 : -1));
    this.moved = true;
    if (to) this.setActiveOption(to);
  }

  choose() {
    this.onOptionSelect({}, this.activeOption);
    if (this.isOpen && !this.isAnswered) this.show(); // the list is that of the text, which is gone
  }

  get hasActive() {
    return Boolean(this.activeOption) && this.dropdown_content.contains(this.activeOption);
  }

  // Where the choice is all that is asked for, Enter sends it, open as the list may still be.
  get isFinished() {
    return Boolean(this.settings.isAlone) && !this.inputValue();
  }

  refreshOptions(opens = true) {
    super.refreshOptions(opens);
    if (!this.isAnswered || !(this.moved || this.question)) this.clearActiveOption();
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
