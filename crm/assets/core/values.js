// What a form holds, as plain data: names and lists of values, without secrets, files and tokens.
const NEVER = new Set(["csrf_token", "row_version"]);

export function fieldsOf(form) {
  return [...form.elements].filter(
    (field) => field.name && !NEVER.has(field.name) && !["password", "file", "submit", "button"].includes(field.type) && (field.type !== "hidden" || field.closest("[data-lines] [data-row]")),
  );
}

export function textOf(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked ? field.value : "";
  if (field.multiple) return [...field.selectedOptions].map((option) => option.value).join("\n");
  return field.value;
}

/** { name: [value, …] }, radios and checkboxes by what is ticked; options carry their words along. */
export function valuesOf(form) {
  const values = {};
  for (const field of fieldsOf(form)) {
    values[field.name] ??= [];
    if (field.tagName === "SELECT") {
      values[field.name].push(...[...field.selectedOptions].map((option) => [option.value, option.text]));
    } else if (!["checkbox", "radio"].includes(field.type)) {
      values[field.name].push([field.value]);
    } else if (field.checked) {
      values[field.name].push([field.value]);
    }
  }
  return values;
}

export function fill(form, values) {
  for (const field of fieldsOf(form)) {
    const given = values[field.name];
    if (!given) continue;
    if (field.tagName === "SELECT") fillSelect(field, given);
    else if (["checkbox", "radio"].includes(field.type)) field.checked = given.some(([value]) => value === field.value);
    else field.value = (given.length > 1 ? given.shift() : given[0])?.[0] ?? "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function fillSelect(select, given) {
  for (const [value, text] of given) {
    const known = [...select.options].some((option) => option.value === value);
    if (!known) select.add(new Option(text ?? value, value));
    select.tomselect?.addOption({ value, text: text ?? value });
  }
  const chosen = given.map(([value]) => value);
  if (select.tomselect) select.tomselect.setValue(select.multiple ? chosen : (chosen[0] ?? ""));
  else for (const option of select.options) option.selected = chosen.includes(option.value);
}
