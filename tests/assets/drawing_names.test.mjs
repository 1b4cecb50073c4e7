// However long the names of stages and agencies are, the bars keep their room.
import assert from "node:assert/strict";
import test from "node:test";

import { cut, linesOf } from "../../crm/assets/reporting/names.js";

test("a long name is cut to so many characters, a short one stays", () => {
  assert.equal(cut("Proposition", 14), "Proposition");
  assert.equal(cut("Négociation commerciale", 14), "Négociation c…");
  assert.equal(cut("Agence de Villefranche", 11), "Agence de…");
});

test("a legend takes as many lines as its names need", () => {
  assert.equal(linesOf(["Lyon", "Lille"], 343), 1);
  assert.equal(linesOf(Array(6).fill("Agence de Villefranche-…"), 343), 6);
  assert.equal(linesOf(Array(6).fill("Agence de Villefranche-…"), 480), 3);
});
