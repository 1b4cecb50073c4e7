// What people type for a day: crm/assets/core/dates.js, without a browser.
import assert from "node:assert/strict";
import { test } from "node:test";

const words = JSON.stringify({ today: "aujourd’hui", tomorrow: "demain", yesterday: "hier" });
globalThis.document = {
  documentElement: { lang: "fr" },
  body: { dataset: { words, zone: "Europe/Paris" } },
  querySelectorAll: () => [],
  addEventListener: () => {},
};
const { read, show } = await import("../../crm/assets/core/dates.js");
const now = new Date(2027, 0, 31, 12);
const told = (text) => {
  const day = read(text, now);
  return day && show(day);
};

test("a day in figures is of this year unless it says another", () => {
  assert.equal(told("3/2"), "03/02/2027");
  assert.equal(told("3.2.28"), "03/02/2028");
  assert.equal(told("03-02-2029"), "03/02/2029");
});

test("words mean the reader's days, whichever apostrophe is typed", () => {
  assert.equal(told("aujourd'hui"), "31/01/2027");
  assert.equal(told("Aujourd’hui"), "31/01/2027");
  assert.equal(told("demain"), "01/02/2027");
  assert.equal(told("yesterday"), "30/01/2027");
});

test("a number with a sign counts days", () => {
  assert.equal(told("+1"), "01/02/2027");
  assert.equal(told("- 31"), "31/12/2026");
});

test("what is no day is left to the server to say", () => {
  for (const text of ["", "31/2", "0/1", "32/1", "soon", "12", "1/2/345"]) assert.equal(told(text), null, text);
});
