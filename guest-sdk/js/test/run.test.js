import assert from "node:assert/strict";
import test from "node:test";
import { TaskError, badge, context, localSettings, log, toasts } from "../index.js";
import { host } from "../src/host.js";
import { wake } from "../testing/index.js";

const outcome = (run, options) => wake(run, options).outcome;

function thrown(error) {
  return wake(() => {
    throw error;
  });
}

test("a task error is the outcome, and says nothing to the log", () => {
  const rejected = thrown(TaskError.rejected("no list"));
  assert.deepEqual(rejected.outcome, { type: "rejected", message: "no list" });
  assert.deepEqual(thrown(TaskError.failed("x")).outcome, { type: "failed", message: "x" });
  assert.deepEqual(thrown(TaskError.retry(2_000)).outcome, { type: "retry", after: 2_000 });
  assert.deepEqual(thrown(TaskError.retry()).outcome, { type: "retry", after: undefined });
  assert.equal(thrown(TaskError.retry(1e12)).outcome.after, 86_400_000);
  assert.deepEqual(rejected.log, []);
});

test("any other exception is a failure whose place is in the log", () => {
  const report = thrown(new Error("no", { cause: new RangeError("too far") }));
  assert.deepEqual(report.outcome, { type: "failed", message: "no: RangeError: too far" });
  const [{ level, message }] = report.log;
  assert.equal(level, "error");
  assert.match(message, /^uncaught no: RangeError: too far\n\s+at .*run\.test\.js/);
  assert.match(report.log[1].message, /^caused by RangeError: too far\n\s+at .*run\.test\.js/);
  assert.deepEqual(thrown("text").outcome, { type: "failed", message: "text" });
  assert.equal(thrown(undefined).outcome.message, "undefined was thrown, which is no Error");
  assert.equal(thrown({ a: 1 }).outcome.message, "an object was thrown, which is no Error");
});

test("whatever is thrown ends the run with words", () => {
  const message = (error) => thrown(error).outcome.message;
  const [one, two] = [new Error("one"), new Error("two")];
  [one.cause, two.cause] = [two, one];
  assert.equal(message(one), "one: two");
  assert.equal(message(Object.assign(new Error(), { message: 5 })), "5");
  const hostile = new Error("x");
  for (const field of ["stack", "message", "cause"]) {
    Object.defineProperty(hostile, field, { get: () => assert.fail() });
  }
  assert.equal(message(hostile), "[cannot be shown]: [cannot be shown]");
});

test("a failed run keeps nothing but its log", () => {
  const report = wake(
    () => {
      localSettings.set("n", 2);
      badge.set(5);
      toasts.show({ title: "t" });
      context.onResume("k");
      log.warn("so far");
      throw TaskError.retry();
    },
    { settings: { n: 1 }, badge: 3 },
  );
  assert.deepEqual(report.settings, { n: 1 });
  assert.equal(report.badge, 3);
  assert.deepEqual([report.toasts, report.resumeWork], [[], {}]);
  assert.equal(`${report}`, "retry\nwarn  so far");
});

test("a task that would wait fails", () => {
  const { type, message } = outcome(async () => {});
  assert.equal(type, "failed");
  assert.match(message, /^TypeError: `run` returned a promise, but a task cannot wait/);
});

test("what is left in a promise fails the run", () => {
  const rejected = wake(() => void Promise.reject(new RangeError("far")));
  assert.deepEqual(rejected.outcome, { type: "failed", message: "RangeError: far" });
  assert.match(rejected.logText, /^uncaught RangeError: far\n\s+at .*run\.test\.js/);
  const refusal = TaskError.rejected("never");
  const thrower = () => {
    throw refusal;
  };
  assert.equal(outcome(() => void new Promise(thrower)).type, "rejected");
  assert.equal(outcome(() => void new Promise((_, reject) => reject(refusal))).type, "rejected");
  const settled = (resolve, reject) => {
    resolve(1);
    reject(refusal);
    throw refusal;
  };
  assert.equal(outcome(() => void new Promise(settled)).type, "completed");

  const waits = /^TypeError: the run waits for a promise, but its callbacks are never called/;
  for (const wait of [
    () => void Promise.resolve(1).then(() => badge.set(1)),
    () => void Promise.resolve(1).finally(() => badge.set(1)),
    () => void Promise.all([Promise.resolve(1)]),
  ]) {
    assert.match(outcome(wait).message, waits);
  }
  const handled = () => void Promise.reject(new Error("far")).catch(() => {});
  assert.match(outcome(() => void new Promise(5)).message, /^TypeError: /);
  assert.match(outcome(handled).message, /every call to the host answers at once: far$/);
});

test("without a run there is no host, and logging is let be", () => {
  assert.throws(() => localSettings.get("x"), /`get` needs a host: call it from `run`/);
  assert.doesNotThrow(() => log.info("while loading"));
  wake(() => {});
  assert.throws(() => badge.clear(), /needs a host/);
});

test("every type of trigger arrives with its fields", () => {
  const seen = (trigger, options) => {
    let got;
    wake((woke) => void (got = woke), { trigger, ...options });
    const { type, ...fields } = got;
    return { ...fields };
  };
  const now = new Date(5_000);
  const push = { type: "raw-notification", content: "hé", headers: { urgency: "high" } };
  wake(
    (trigger) => {
      assert.equal(trigger.text(), "hé");
      assert.equal(trigger.header("urgency"), "high");
      assert.equal(trigger.header("topic"), undefined);
      assert.equal(trigger.asRawNotification(), trigger);
      assert.deepEqual(trigger.receivedAt, now);
    },
    { trigger: push, now },
  );
  assert.deepEqual(seen({ type: "toast-dismissed", tag: "a", reason: "expired" }), {
    tag: "a",
    group: undefined,
    reason: "expired",
  });
  const dueAt = new Date(60_000);
  assert.deepEqual(seen({ type: "timer", name: "hourly", dueAt }), {
    name: "hourly",
    dueAt,
    missed: 0,
  });
  assert.deepEqual(seen({ type: "system", event: "app-updated", detail: "1.0" }), {
    event: "app-updated",
    detail: "1.0",
  });
  assert.deepEqual(seen({ type: "channel-expiring", expiresAt: now }), {
    channel: "inbox",
    expiresAt: now,
  });
  wake((trigger) => assert.equal(trigger.input("reply"), "yes"), {
    trigger: { type: "toast-activated", argument: "open", inputs: { reply: "yes" } },
  });
  wake((trigger) => assert.deepEqual([trigger.kind, trigger.json()], ["com.example.x", [1]]), {
    trigger: { type: "custom", kind: "com.example.x", content: "[1]" },
  });
});

test("a task for raw notifications rejects other triggers", () => {
  const woken = outcome((trigger) => void trigger.asRawNotification(), {
    trigger: { type: "timer", name: "hourly" },
  });
  const message = "this task takes raw notifications only, and was woken by `timer`";
  assert.deepEqual(woken, { type: "rejected", message });
});

test("numbers of 32 bits go out as signed ones of the same bits", () => {
  wake(() => {
    const { badge: real } = host;
    const sent = [];
    host.badge = {
      ...real,
      set: (mark) => sent.push(mark.val),
      get: () => ({ tag: "number", val: -1 }),
    };
    [0, 99, 2 ** 31, 2 ** 32 - 1, 2 ** 40].forEach((number) => badge.set(number));
    assert.deepEqual(sent, [0, 99, -(2 ** 31), -1, -1]);
    assert.equal(badge.get(), 2 ** 32 - 1);
  });
  for (const bad of [-1, 1.5, NaN]) {
    assert.match(outcome(() => badge.set(bad)).message, /^RangeError: the badge's number is/);
  }
  assert.match(
    outcome(() => badge.set("flag")).message,
    /^TypeError: the badge shows a number, or/,
  );
});
