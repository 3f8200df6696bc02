// The compiled task on a host in JavaScript: `node --test tests/task.test.mjs`, after `bugle build`.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Run } from "../.bugle/guest-sdk/assemblyscript/testing/index.mjs";

/** A push of mails with ids from 1 on. */
function mails(count) {
  const one = (_, i) => ({ id: `${i + 1}`, from: "Ada", subject: `Number ${i + 1}` });
  return JSON.stringify(Array.from({ length: count }, one));
}

test("a mail becomes a toast, a count and work", () => {
  const mail = { id: "a1", from: "Ada", subject: "Notes", preview: 'On the "engine"' };
  const report = new Run().withSetting("inbox/unread", 2n).push(JSON.stringify([mail]));
  assert.equal(report.outcome, "completed");
  assert.equal(report.toasts.length, 1);
  const [{ title, body, tag, group, argument }] = report.toasts;
  assert.deepEqual([title, body], ["Ada", 'Notes\nOn the "engine"']);
  assert.deepEqual([tag, group, argument], ["a1", "mail", "a1"]);
  assert.equal(report.settings.get("inbox/unread"), 3n);
  assert.equal(report.settings.get("inbox/last"), "a1");
  assert.deepEqual(report.badge, { number: 3 });
  assert.equal(new TextDecoder().decode(report.work.get("sync")), '["a1"]');
  assert.deepEqual(report.log, [{ level: "info", message: "new mails: 1, unread: 3" }]);
});

test("many mails share one toast", () => {
  const { toasts } = new Run().push(mails(8));
  assert.equal(toasts.length, 6);
  assert.equal(toasts[5].title, "and 3 more");
});

test("mails that were announced are skipped", () => {
  const report = new Run().withSetting("inbox/last", "3").push(mails(3));
  assert.equal(report.outcome, "completed");
  assert.equal(report.toasts.length, 0);
  assert.equal(report.settings.get("inbox/unread"), undefined);
});

test("when the hour's toasts are used up mails still count", () => {
  const report = new Run().withToastsLeft(1).push(mails(3));
  assert.equal(report.toasts.length, 1);
  assert.equal(report.settings.get("inbox/unread"), 3n);
  assert.equal(report.log[0].level, "warn");
});

test("what is no list of mails is rejected and changes nothing", () => {
  const bad = [
    ["{}", "the push is not a JSON list of mails, but another value"],
    ['[{"id":"1","from":"Ada"}]', "mail 1 of the push has no text `subject`"],
    ['[{"id":7}]', "mail 1 of the push has no text `id`"],
    [`[{"id":"${"x".repeat(65)}"}]`, "mail 1 of the push has an id of 65 bytes, not 1 to 64"],
  ];
  for (const [content, message] of bad) {
    const report = new Run().push(content);
    assert.deepEqual([report.outcome, report.message], ["rejected", message]);
    assert.equal(report.toasts.length + report.settings.size, 0);
  }
  assert.equal(new Run().push('[{"id":"\\ud800","from":"","subject":""}]').outcome, "rejected");
  assert.equal(new Run().push(Uint8Array.of(0x22, 0xff, 0x22)).outcome, "rejected");
});

test("a setting of another type fails and says so", () => {
  const report = new Run().withSetting("inbox/unread", "many").push(mails(1));
  const message = "the setting `inbox/unread` is of the type text, not integer";
  assert.deepEqual([report.outcome, report.message], ["failed", message]);
});

test("another trigger is rejected", () => {
  const report = new Run().tick("hourly");
  const message = "this task takes raw notifications only, and was woken by `timer`";
  assert.deepEqual([report.outcome, report.message], ["rejected", message]);
});
