// Pasting from other programs leaves clean text: crm/assets/editor/reading.js, without a browser.
import assert from "node:assert/strict";
import { test } from "node:test";

import { decode } from "../../crm/assets/editor/inline.js";
import { Reader } from "../../crm/assets/editor/reading.js";
import { writeHtml } from "../../crm/assets/editor/writing.js";
import { PASTES } from "./pastes.mjs";

// A browser knows all entities; here are the two that the pastes name.
const known = (html) => html.replaceAll("&hellip;", "…");

for (const [program, html, kept] of PASTES) {
  test(`from ${program}`, () => {
    const found = writeHtml(new Reader({ pasted: true }).read(known(html)));
    assert.equal(found, kept);
    assert.equal(writeHtml(new Reader().read(found)), found, "what is kept stays as it is");
  });
}

test("no part of an entity is lost", () => assert.equal(decode("&amp;lt; &#233;&#xE9; &nope; &"), "&lt; éé &nope; &"));
