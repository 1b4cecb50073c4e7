// data-picker: a select becomes a search in what the server offers, twenty rows at most. The combobox
// is fetched by the pages that have one.
import { on } from "./enhance.js";
import { start, stop } from "./progress.js";
import { icon, make, say } from "./words.js";

on("select[data-picker]", async (select) => {
  const { default: Combobox } = await import("./combobox.js");
  if (!select.isConnected || select.tomselect) return;
  const focused = document.activeElement === select;
  const url = select.dataset.picker;
  const label = select.labels?.[0]?.textContent.trim() ?? select.getAttribute("aria-label") ?? "";
  const control = new Combobox(select, {
    valueField: "value",
    labelField: "text",
    optgroupField: "group",
    lockOptgroupOrder: true,
    searchField: url ? [] : ["text"],
    maxOptions: url ? 20 : 300,
    dataAttr: "data-data",
    refreshThrottle: 0,
    loadThrottle: 200,
    openOnFocus: false,
    isAlone: select.form?.matches("[data-filter-form]"),
    selectOnTab: true,
    closeAfterSelect: !select.multiple,
    score: url ? () => (data) => Number(control.found?.has(data.value) ?? true) : undefined,
    hideSelected: select.multiple,
    hidePlaceholder: true,
    load: url ? async (query, done) => control.answer(query, grouped(control, await load(select, url, query)), done) : undefined,
    shouldLoad: () => Boolean(url),
    render: {
      option: (data) => shown(data, true),
      item: (data) => shown(data, false, select.multiple || !select.required),
      no_results: () => nothing(say("noResult")),
      loading: () => nothing(say("loading")),
    },
    onInitialize() {
      for (const option of select.options) {
        const known = this.options[option.value];
        if (known && option.dataset.warning) this.updateOption(option.value, { ...known, warning: option.dataset.warning });
      }
    },
    onItemAdd() {
      this.wrapper.classList.remove("typing");
    },
    onType(text) {
      this.wrapper.classList.toggle("typing", Boolean(text));
    },
    onBlur() {
      this.wrapper.classList.remove("typing");
    },
  });
  named(control, select, label);
  if (focused && select.form?.matches("[data-edit]")) control.show();
  else if (focused) control.focus();
  // The popover of a filter is there for its choices alone.
  if (select.form?.matches("[data-filter-form]")) control.on("focus", () => control.show());
});

// A list of choices has nothing but choices in it, for those who hear it.
function nothing(text) {
  return make("div", { class: "no-results", role: "option", "aria-disabled": "true" }, text);
}

// What has a group, as a status its kind, stands under its name.
function grouped(control, found) {
  for (const { group } of found) if (group) control.addOptionGroup(group, { label: group });
  return found;
}

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
  // What is left of the select is for the form alone.
  select.setAttribute("aria-hidden", "true");
  control.control.addEventListener("mousedown", (event) => event.target.closest(".c-remove") && event.stopPropagation(), true);
  control.control.addEventListener("click", (event) => {
    const item = event.target.closest(".c-remove")?.closest(".item");
    if (item) control.removeItem(item.dataset.value);
  });
}

async function load(select, url, query) {
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
    return results.map((one) => ({ ...one, value: String(one.value) }));
  } catch {
    return [];
  } finally {
    stop();
  }
}

// Backspace in the field removes what its cross removes, so Tab passes the cross over.
function shown(data, isOption, removable = false) {
  const parts = [];
  if (data.initials) parts.push(make("span", { class: `avatar avatar-s hue-${data.hue ?? "gray"}`, "data-i": data.initials, "aria-hidden": "true" }));
  if (data.glyph) parts.push(icon(data.glyph, `c-glyph ink-${data.hue ?? "gray"}`));
  parts.push(make("span", { class: "c-cut" }, data.text || "–"));
  if (data.warning) parts.push(make("span", { class: "c-next none" }, icon("alert-triangle"), data.warning));
  if (isOption && data.detail) parts.push(make("span", { class: "d" }, data.detail));
  if (removable) parts.push(make("button", { type: "button", class: "c-remove", tabindex: "-1", "aria-label": say("remove", { value: data.text }) }, icon("x")));
  return make("div", {}, ...parts);
}
