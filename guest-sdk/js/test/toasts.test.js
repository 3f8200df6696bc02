import assert from "node:assert/strict";
import test from "node:test";
import { BugleError, context, toasts } from "../index.js";
import { wake } from "../testing/index.js";

const show = (toast, options) => wake(() => toasts.show(toast), options);

test("every field but the title has a default", () => {
  assert.deepEqual(show({ title: "Ada" }).toasts, [
    {
      title: "Ada",
      body: "",
      argument: "",
      actions: [],
      inputs: [],
      scenario: "standard",
      silent: false,
      hints: [],
    },
  ]);
});

test("all that a toast can have arrives", () => {
  const [toast] = show({
    title: "Ada",
    image: { uri: "ada.png", placement: "app-logo" },
    actions: [{ label: "Open", foreground: true }],
    inputs: [{ id: "reply", choices: [{ id: "y", label: "Yes" }] }],
    progress: { status: "loading", fraction: 0.5 },
    scenario: "incoming-call",
    silent: true,
    expiresAfter: 4_000_000_000,
    hints: { sound: "chime" },
  }).toasts;
  assert.deepEqual(toast.image, { uri: "ada.png", alternativeText: "", placement: "app-logo" });
  assert.deepEqual(toast.actions, [{ label: "Open", argument: "", foreground: true }]);
  assert.equal(toast.inputs[0].choices[0].label, "Yes");
  assert.equal(toast.progress.fraction, 0.5);
  assert.equal(toast.expiresAfter, 4_000_000_000);
  assert.deepEqual(toast.hints, [{ name: "sound", value: "chime" }]);
});

test("what is not as documented is told by the field", () => {
  const message = (toast) => show(toast).outcome.message;
  assert.equal(message({}), "TypeError: the title of a toast is undefined, not a string");
  assert.equal(message({ title: "t", boddy: "x" }), "TypeError: a toast has no field `boddy`");
  assert.equal(message({ title: "" }), "the toast is not valid: the title is empty");
  assert.equal(
    message({ title: "t", scenario: "loud" }),
    "TypeError: the scenario of a toast is `loud`, not one of standard, reminder, alarm, " +
      "incoming-call, quiet",
  );
  assert.equal(
    message({ title: "t", tag: "x".repeat(65) }),
    "the toast is not valid: a tag and a group have 1 to 64 bytes",
  );
  assert.equal(
    message({ title: "x".repeat(6_000) }),
    "the toast is too large: it may have 5120 bytes of text",
  );
  assert.match(
    message({ title: "t", image: { uri: "https://evil.example/x" } }),
    /manifest allows$/,
  );
});

test("what has another field than documented is refused, which it names", () => {
  const message = (toast) => show({ title: "t", ...toast }).outcome.message;
  const of = { status: "loading" };
  for (const [toast, told] of [
    [{ image: { uri: "a.png", alt: "A" } }, "a toast's image has no field `alt`"],
    [{ image: "a.png" }, "a toast's image is a string, not an object"],
    [{ actions: [{ label: "a", arg: "b" }] }, "a toast's action has no field `arg`"],
    [{ inputs: [{ id: "a", lable: "b" }] }, "a toast's input has no field `lable`"],
    [{ inputs: [{ id: "a", choices: [{ id: "b", text: "c" }] }] }, "a choice has no field `text`"],
    [{ progress: { ...of, percent: 5 } }, "a toast's progress has no field `percent`"],
    [
      { hints: new Map([["sound", "chime"]]) },
      "the hints of a toast are an object (Map), not an object of texts by name",
    ],
    [{ hints: ["sound"] }, "the hints of a toast are an object (Array), not an object of texts by name"],
  ]) {
    assert.equal(message(toast), `TypeError: ${told}`);
  }
  const change = (...given) => wake(() => toasts.update(...given)).outcome.message;
  assert.equal(change({ tag: "a" }, { boddy: "x" }), "TypeError: a change has no field `boddy`");
  const names = "TypeError: what names a toast has no field";
  assert.equal(change({ tag: "a", grp: "x" }, { body: "x" }), `${names} \`grp\``);
  assert.equal(wake(() => toasts.hide({ id: "a" })).outcome.message, `${names} \`id\``);
  assert.throws(() => wake(() => {}, { psuh: "" }), /^TypeError: what wakes a task has no .*psuh/);
});

test("a fraction is from 0 to 1, or unsaid", () => {
  const seen = (fraction) => {
    const progress = { status: "loading", fraction };
    const report = wake(() => {
      toasts.show({ title: "t", progress });
      toasts.update({ tag: "a" }, { progress });
    });
    return [report.toasts[0].progress, report.toastChanges[0].update.progress];
  };
  for (const [given, clamped] of [
    [2, 1],
    [-Infinity, 0],
    [0.5, 0.5],
  ]) {
    const progress = { status: "loading", fraction: clamped };
    assert.deepEqual(seen(given).map(({ status, fraction }) => ({ status, fraction })), [
      progress,
      progress,
    ]);
  }
  assert.ok(seen(NaN).every((progress) => progress.fraction === undefined));
});

test("the ninth toast of a run is one too many", () => {
  const report = wake(() => {
    for (let at = 0; at < 8; at += 1) toasts.show({ title: `${at}` });
    assert.throws(
      () => toasts.show({ title: "8" }),
      (error) => {
        assert.ok(error instanceof BugleError);
        assert.deepEqual([error.code, error.max], ["too-many", 8]);
        assert.equal(error.message, "too many toasts: no more than 8 may be raised or changed");
        return true;
      },
    );
  });
  assert.equal(report.toasts.length, 8);
});

test("toasts can be changed and taken away", () => {
  const { toastChanges } = wake(() => {
    toasts.update({ tag: "a", sequence: 2 }, { title: "new" });
    toasts.hide({ group: "mail" });
    toasts.hideAll();
    assert.throws(() => toasts.hide({}), /needs a tag or a group/);
  });
  assert.deepEqual(toastChanges, [
    { update: { tag: "a", sequence: 2, title: "new" } },
    { hide: { group: "mail" } },
    { hide: {} },
  ]);
});

test("where toasts are not wanted, nothing is shown and all succeeds", () => {
  const report = wake(
    () => {
      assert.equal(toasts.permitted, false);
      toasts.show({ title: "t" });
    },
    { toasts: false },
  );
  assert.deepEqual([report.outcome.type, report.toasts], ["completed", []]);
});

test("the context tells of the run, and takes work and progress", () => {
  const options = { attempt: 2, attemptsMax: 3, cancellation: "update", now: new Date(7_000) };
  const report = wake(() => {
    assert.deepEqual([context.attempt, context.attemptsMax], [2, 3]);
    assert.deepEqual([context.cancellation, context.cancelled], ["update", true]);
    assert.deepEqual(context.now(), new Date(7_000));
    assert.equal(context.app, "com.example.app");
    assert.equal(context.random(5_000).length, 4_096);
    context.reportProgress(50.5);
    context.onResume("sync", "ü");
    context.onResume("raw", Uint8Array.of(1));
    assert.throws(
      () => context.onResume("", "x"),
      /^BugleError: the work `` for the app is not valid/,
    );
    const large = new Uint8Array(9_000);
    assert.throws(() => context.onResume("big", large), /too large: it may have 8192 bytes/);
  }, options);
  assert.equal(report.outcome.type, "completed", `${report}`);
  assert.equal(report.progress, 50);
  assert.deepEqual(report.resumeWork, { sync: Uint8Array.of(0xc3, 0xbc), raw: Uint8Array.of(1) });
});
