import assert from "node:assert/strict";
import test from "node:test";
import { wake } from "#bugle/testing";
import type { Report, WakeOptions } from "#bugle/testing";
import { LAST, UNREAD, run } from "../src/task.ts";

const push = (content: string | Uint8Array, app: WakeOptions = {}) =>
  wake(run, { push: content, ...app });

/** A push of mails with these ids. */
const mails = (...ids: number[]) =>
  JSON.stringify(ids.map((id) => ({ id: `${id}`, from: "Ada", subject: `Number ${id}` })));

const titles = (report: Report) => report.toasts.map((toast) => toast.title);

test("a mail becomes a toast, a count and work", () => {
  const content = '[{"id":"a1","from":"Ada","subject":"Notes","preview":"On the \\"engine\\""}]';
  const report = push(content, { settings: { [UNREAD]: 2 } });
  assert.equal(report.outcome.type, "completed", `${report}`);
  assert.equal(report.toasts.length, 1);
  const [{ title, body, tag, group }] = report.toasts;
  assert.deepEqual([title, body], ["Ada", 'Notes\nOn the "engine"']);
  assert.deepEqual([tag, group], ["a1", "mail"]);
  assert.deepEqual(report.settings, { [UNREAD]: 3, [LAST]: "a1" });
  assert.equal(report.badge, 3);
  assert.equal(new TextDecoder().decode(report.resumeWork.sync), '["a1"]');
  assert.equal(report.logText, "new mails: 1, unread: 3");
});

test("many mails share one toast", () => {
  const report = push(mails(1, 2, 3, 4, 5, 6, 7, 8));
  assert.deepEqual(titles(report), ["Ada", "Ada", "Ada", "Ada", "Ada", "and 3 more"]);
  assert.equal(report.badge, 8);
});

test("mails that were announced are skipped", () => {
  const report = push(mails(1, 2, 3), { settings: { [LAST]: "2" } });
  assert.equal(report.toasts.length, 1);
  assert.equal(report.settings[UNREAD], 1);

  const again = push(mails(1, 2, 3), { settings: { [LAST]: "3" } });
  assert.equal(again.outcome.type, "completed", `${again}`);
  assert.deepEqual([again.toasts, again.resumeWork], [[], {}]);
  assert.equal(again.settings[UNREAD], undefined);
});

test("when the hour's toasts are used up, mails still count", () => {
  const report = push(mails(1, 2, 3), { toastsLeft: 1 });
  assert.equal(report.outcome.type, "completed", `${report}`);
  assert.deepEqual(titles(report), ["Ada"]);
  assert.equal(report.settings[UNREAD], 3);
});

test("what is no list of mails is rejected and changes nothing", () => {
  const long = `[{"id":"${"x".repeat(65)}","from":"","subject":""}]`;
  const bad: [string, string][] = [
    ["{}", "the push is not a JSON list of mails, but another value"],
    ['[{"id":"1","from":"Ada"}]', "mail 1 of the push has no text `subject`"],
    ['[{"id":7,"from":"","subject":""}]', "mail 1 of the push has no text `id`"],
    [long, "mail 1 of the push has an id of 65 bytes, not 1 to 64"],
    ["[null]", "mail 1 of the push has no text `id`"],
    // Half of a surrogate pair is no text.
    [
      '[{"id":"\\ud800","from":"","subject":""}]',
      "the push is not a JSON list of mails: half of a surrogate pair",
    ],
  ];
  for (const [content, message] of bad) {
    const report = push(content);
    assert.deepEqual(report.outcome, { type: "rejected", message });
    assert.deepEqual([report.settings, report.toasts, report.log], [{}, [], []]);
  }
  for (const content of ["", "[", "\ufeff[]", Uint8Array.of(0x5b, 0xff, 0x5d)]) {
    const { outcome } = push(content);
    assert.ok(outcome.type === "rejected");
    assert.match(outcome.message, /^the push is not a JSON list of mails: /);
  }
});

test("a setting of another type fails and says so", () => {
  const report = push(mails(1), { settings: { [UNREAD]: "many" } });
  const message = "the setting `inbox/unread` is of the type text, not integer";
  assert.deepEqual(report.outcome, { type: "failed", message });
  assert.deepEqual([report.toasts, report.log], [[], []]);
});
