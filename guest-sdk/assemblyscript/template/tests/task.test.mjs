// The compiled task on a host in JavaScript: `node --test tests/task.test.mjs`, after `bugle build`.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Run } from "../.bugle/guest-sdk/assemblyscript/testing/index.mjs";

test("a push is counted and shown", () => {
  const report = new Run().withSetting("inbox/unread", 3n).push("hello");
  assert.equal(report.outcome, "completed");
  assert.equal(report.settings.get("inbox/unread"), 4n);
  assert.equal(report.toasts[0].body, "hello");
  assert.deepEqual(report.log, [{ level: "info", message: "unread: 4" }]);
});

test("a push that is no text is rejected", () => {
  const report = new Run().push(Uint8Array.of(0xff));
  assert.deepEqual([report.outcome, report.message], ["rejected", "the push is not UTF-8"]);
  assert.equal(report.toasts.length, 0);
});
