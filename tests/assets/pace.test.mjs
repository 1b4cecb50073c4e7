// The bell asks seldom enough for many open pages, and less where nobody answers.
import assert from "node:assert/strict";
import test from "node:test";

import { MINUTE, pause, pauseOnReturn } from "../../crm/assets/notices/pace.js";

test("two hundred pages that are looked at ask less than five times a second", () => {
  assert.ok((200 / pause(0)) * 1000 < 5);
});

test("a server that does not answer is asked less and less, but every sixteen minutes", () => {
  const pauses = [0, 1, 2, 3, 4, 20].map((failures) => pause(failures) / MINUTE);
  assert.deepEqual(pauses, [1, 2, 4, 8, 16, 16]);
});

test("a page that comes back asks at once only if a minute has passed", () => {
  assert.equal(pauseOnReturn(10_000, 0), 50_000);
  assert.equal(pauseOnReturn(3_600_000, 0), 0);
});
