// data-picker: a select becomes a search in what the server offers, twenty rows at most. Tom Select is
// fetched by the pages that have one.
import { on } from "./enhance.js";
import { start, stop } from "./progress.js";
import { icon, make, say } from "./words.js";

on("select[data-picker]", async (select) => {
  const { default: TomSelect } = await import("./tomselect.js");
  if (!select.isConnected || select.tomselect) return;
  const focused = document.activeElement === select;
  const url = select.dataset.picker;
  const label = select.labels?.[0]?.textContent.trim() ?? select.getAttribute("aria-label") ?? "";
  const control = new TomSelect(select, {
    plugins: select.multiple ? { remove_button: { label: "", title: "", className: "c-remove" } } : {},
    valueField: "value",
    labelField: "text",
    searchField: url ? [] : ["text"],
    maxOptions: url ? 20 : 300,
    dataAttr: "data-data",
    preload: url ? "focus" : false,
    loadThrottle: 200,
    openOnFocus: true,
    selectOnTab: true,
    closeAfterSelect: !select.multiple,
    score: url ? () => () => 1 : undefined,
    allowEmptyOption: !select.multiple && !select.required,
    hidePlaceholder: true,
    load: url ? (query, done) => load(select, url, query, done) : undefined,
    shouldLoad: () => Boolean(url),
    render: {
      option: (data) => shown(data, true),
      item: (data) => shown(data, false),
      no_results: () => make("div", { class: "no-results" }, say("noResult")),
      loading: () => make("div", { class: "no-results" }, say("loading")),
    },
    onInitialize() {
      for (const option of select.options) {
        const known = this.options[option.value];
        if (known && option.dataset.warning) this.updateOption(option.value, { ...known, warning: option.dataset.warning });
      }
    },
    onItemAdd() {
      this.setTextboxValue("");
      if (url) this.clearOptions();
    },
  });
  named(control, select, label);
  if (focused) control.focus();
});

// Tom Select leaves the names of its parts to the page.
function named(control, select, label) {
  const input = control.control_input;
  for (const name of ["aria-describedby", "aria-invalid", "aria-required"]) {
    if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
  }
  if (select.required) input.setAttribute("aria-required", "true");
  if (label) {
    input.setAttribute("aria-label", label);
    control.dropdown_content.setAttribute("aria-label", label);
  }
  control.wrapper.classList.toggle("is-invalid", select.classList.contains("is-invalid"));
  for (const button of control.control.querySelectorAll(".c-remove")) button.replaceChildren(icon("x"));
}

async function load(select, url, query, done) {
  const address = new URL(url, location.href);
  address.searchParams.set("q", query);
  for (const name of select.dataset.with?.split(" ") ?? []) {
    const value = select.form?.elements[name]?.value;
    if (value) address.searchParams.set(name, value);
  }
  start();
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    const { results } = await answer.json();
    done(results.map((one) => ({ ...one, value: String(one.value) })));
  } catch {
    done();
  } finally {
    stop();
  }
}

function shown(data, isOption) {
  const parts = [];
  if (data.initials) parts.push(make("span", { class: `avatar avatar-s hue-${data.hue ?? "gray"}`, "data-i": data.initials, "aria-hidden": "true" }));
  if (data.glyph) parts.push(icon(data.glyph, `c-glyph ink-${data.hue ?? "gray"}`));
  parts.push(make("span", { class: "c-cut" }, data.text || "–"));
  if (data.warning) parts.push(make("span", { class: "c-next none" }, icon("alert-triangle"), data.warning));
  if (isOption && data.detail) parts.push(make("span", { class: "d" }, data.detail));
  return make("div", {}, ...parts);
}
