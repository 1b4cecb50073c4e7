// A save in the page that meets the end of the session: the sign-in form comes over the page, and the
// save goes on afterwards. A whole form that is refused has its draft (drafts.js).
import htmx from "htmx.org";

import { dialog } from "./dialog.js";
import { refuse } from "./edit.js";
import { make, say } from "./words.js";

const token = () => document.querySelector("meta[name=csrf-token]")?.content ?? "";
const login = document.body.dataset.login;

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token();
});

function expired(xhr) {
  return xhr.status === 401 || (login && new URL(xhr.responseURL || location.href).pathname === new URL(login, location.href).pathname);
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, elt } = event.detail;
  if (!expired(xhr)) return;
  event.detail.shouldSwap = false;
  event.detail.isError = false;
  signInAgain(() => again(elt));
});

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => failed(event.detail.elt));
}
document.addEventListener("htmx:responseError", (event) => {
  const { xhr, elt } = event.detail;
  if (!expired(xhr)) failed(elt);
});

function failed(elt) {
  const form = elt.closest?.("form[data-edit]");
  if (form) refuse(form, say("offline"));
}

function again(elt) {
  for (const input of document.querySelectorAll("input[name=csrf_token]")) input.value = token();
  if (elt.matches("form")) elt.requestSubmit();
  else htmx.trigger(elt, elt.matches("input") ? "search" : "click");
}

let asking = null;

/** Show the sign-in form of the login page in a dialog; `then` runs once the same person is back. */
export function signInAgain(then) {
  if (!login) return location.reload();
  asking ??= ask().finally(() => (asking = null));
  return asking.then((back) => back && then());
}

async function ask() {
  const page = await read(await fetch(login));
  const form = page.querySelector("form[data-login-form]");
  if (!form) return renew(page);
  const title = form.querySelector("h1")?.textContent ?? "";
  form.querySelector("h1")?.remove();
  form.classList.remove("c-login-card");
  const sentence = make("p", { class: "c-muted" }, say("expired"));
  let done = null;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    const answer = await read(await fetch(form.getAttribute("action") || login, { method: "POST", body: new FormData(form) }));
    const refused = answer.querySelector("form[data-login-form] [role=alert], form[data-login-form]");
    if (refused) {
      sentence.textContent = answer.querySelector("[role=alert]")?.textContent.trim() || say("expired");
      sentence.className = "c-bad";
      return;
    }
    done = renew(answer);
    form.closest("dialog").close("done");
  });
  await dialog(title, make("div", { class: "c-relogin" }, sentence, form));
  return done;
}

async function read(answer) {
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// Somebody else signed in: nothing of this page is theirs.
function renew(page) {
  if (page.body.dataset.user !== document.body.dataset.user) {
    location.assign("/");
    return false;
  }
  document.querySelector("meta[name=csrf-token]").content = page.querySelector("meta[name=csrf-token]")?.content ?? "";
  return true;
}
