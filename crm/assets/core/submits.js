// A form that is on its way is not sent twice; keys that save work in every form.
document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (submitter?.getAttribute("aria-disabled") === "true" || form.dataset.sent) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  if (form.method === "get" || form.hasAttribute("hx-post")) return;
  form.dataset.sent = "yes";
  submitter?.setAttribute("aria-busy", "true");
});

// Back from the next page: the browser shows the form as it was left.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});

document.addEventListener("keydown", (event) => {
  const saves = (event.ctrlKey || event.metaKey) && (event.key === "Enter" || event.key === "s");
  if (!saves) return;
  const form = event.target.form ?? event.target.closest?.("form") ?? document.querySelector("form[data-dirty]");
  if (!form || form.method === "get") return;
  event.preventDefault();
  const button = document.querySelector(`[data-savebar="${form.id}"] [type=submit]`);
  form.requestSubmit(button?.form === form ? button : undefined);
});
