import assert from "node:assert/strict";
import test from "node:test";
import { wake } from "#bugle/testing";
import { run } from "../src/task.ts";

test("a push is counted and shown", () => {
  const report = wake(run, { push: "hello", settings: { "inbox/unread": 3 } });
  assert.equal(report.outcome.type, "completed", `${report}`);
  assert.deepEqual(report.settings, { "inbox/unread": 4 });
  assert.equal(report.badge, 4);
  assert.equal(report.toasts[0]?.body, "hello");
});
