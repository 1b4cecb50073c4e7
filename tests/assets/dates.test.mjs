// What people type for a day: crm/assets/core/moments.js, without a browser.
import assert from "node:assert/strict";
import { test } from "node:test";

const words = JSON.stringify({ today: "aujourd’hui", tomorrow: "demain", yesterday: "hier" });
globalThis.document = {
  documentElement: { lang: "fr" },
  body: { dataset: { words, zone: "Europe/Paris" } },
  querySelectorAll: () => [],
  addEventListener: () => {},
};
const { afterGap, read, readMoment, show, showMoment } = await import("../../crm/assets/core/moments.js");
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

const moment = (text, before) => {
  const found = readMoment(text, before, now);
  return found && showMoment(found);
};

test("a day and a time are typed as people say them", () => {
  assert.equal(moment("demain 14h"), "01/02/2027 14:00");
  assert.equal(moment("demain à 14 h 30"), "01/02/2027 14:30");
  assert.equal(moment("tomorrow 2pm"), "01/02/2027 14:00");
  assert.equal(moment("today at 12:05 am"), "31/01/2027 00:05");
  assert.equal(moment("2027-02-03T09:15"), "03/02/2027 09:15");
  assert.equal(moment("3 févr. 2027 9h"), "03/02/2027 09:00");
  assert.equal(moment("31 Jan 2027 23:59"), "31/01/2027 23:59");
});

test("what is left out stays as it was", () => {
  const before = { day: new Date(2027, 5, 1, 12), time: "16:45" };
  assert.equal(moment("+3", before), "03/02/2027 16:45");
  assert.equal(moment("8h", before), "01/06/2027 08:00");
  assert.equal(moment("+3"), "03/02/2027 09:00");
});

test("what is no moment is left to the server to say", () => {
  for (const text of ["", "demain 25h", "soon 14h", "today 13pm", "1/2 9:75"]) assert.equal(moment(text), null, text);
});

test("a time that clocks skip is moved, one that they show twice is not", () => {
  const at = (text) => afterGap(readMoment(text, null, now));
  assert.equal(showMoment(at("28/03/2027 2h30")), "28/03/2027 03:30");
  assert.equal(at("28/03/2027 3h30"), null);
  assert.equal(at("31/10/2027 2h30"), null);
});
