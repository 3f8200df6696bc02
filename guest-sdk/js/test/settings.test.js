import assert from "node:assert/strict";
import test from "node:test";
import { localSettings } from "../index.js";
import { connect } from "../src/host.js";
import { wake } from "../testing/index.js";

/** What a function gives or throws, called as a task. */
function inside(call, settings = {}) {
  let given;
  const report = wake(() => void (given = call()), { settings });
  return { given, ...report.outcome, report };
}

const message = (call, settings) => inside(call, settings).message;

test("values keep their type", () => {
  const values = {
    flag: true,
    count: -7,
    share: 0.5,
    name: "Ada",
    key: Uint8Array.of(1, 2),
    seen: new Date(86_400_000),
  };
  const { report, given } = inside(() => {
    for (const [path, value] of Object.entries(values)) localSettings.set(path, value);
    return Object.keys(values).map((path) => localSettings.get(path));
  });
  assert.deepEqual(given, Object.values(values));
  assert.deepEqual(report.settings, values);
});

test("a number is an integer unless it has a fraction or is said to be a float", () => {
  const types = (...set) =>
    inside(() => {
      localSettings.set("n", ...set);
      return ["integer", "float"].filter((type) => {
        try {
          return localSettings.get("n", type) !== undefined;
        } catch {
          return false;
        }
      });
    }).given;
  assert.deepEqual(types(21), ["integer"]);
  assert.deepEqual(types(21, "float"), ["float"]);
  assert.deepEqual(types(21.5), ["float"]);
  assert.deepEqual(types(-0), ["float"]);
  assert.deepEqual(types(NaN), ["float"]);
  assert.deepEqual(types(2 ** 60, "float"), ["float"]);
  assert.deepEqual(types(Infinity), ["float"]);
  assert.deepEqual(types(7n), ["integer"]);
});

test("integers that are not exact are refused both ways", () => {
  const set = (value) => message(() => localSettings.set("n", value, "integer"));
  const range = "not a whole number from -(2^53 - 1) to 2^53 - 1";
  assert.equal(
    set(2n ** 60n),
    `RangeError: the value for the setting \`n\` is ${2n ** 60n}n, ${range}`,
  );
  const float = "say the type `float` if it need not be exact";
  const plain = message(() => localSettings.set("n", 2 ** 60));
  const told = `RangeError: the value for the setting \`n\` is ${2 ** 60}`;
  assert.equal(plain, `${told}, ${range}; ${float}`);
  assert.match(message(() => (localSettings.values.n = -(2 ** 53))), /^RangeError: .*not a whole/);
  assert.equal(set(1.5), `RangeError: the value for the setting \`n\` is 1.5, ${range}`);
  assert.equal(inside(() => localSettings.set("n", BigInt(2 ** 53 - 1))).type, "completed");
  // As the engine hands over 2^60 + 1 of a task in another language: rounded.
  const rounded = { localSettings: { get: () => ({ tag: "integer", val: 2 ** 60 }) } };
  const read = inside(() => withHost(rounded, () => localSettings.get("n")));
  const near = inside(() => {
    try {
      withHost(rounded, () => localSettings.get("n"));
    } catch (error) {
      return [error.code, error.nearest];
    }
  });
  assert.deepEqual(near.given, ["inexact", 2 ** 60]);
  const why = "an integer beyond 2^53, which JavaScript cannot hold";
  assert.equal(read.message, `the setting \`n\` is ${why}`);
});

test("what no setting can hold is a type error", () => {
  const set = (value) => message(() => localSettings.set("x", value));
  const may =
    "`x` may be a boolean, number, bigint, string, Uint8Array or Date; `JSON.stringify` makes a " +
    "string of anything else";
  assert.equal(set({ a: 1 }), `TypeError: a setting cannot hold an object: ${may}`);
  assert.equal(set(undefined), `TypeError: a setting cannot hold undefined: ${may}`);
  assert.equal(set([1]), `TypeError: a setting cannot hold an object (Array): ${may}`);
  const text = "TypeError: the value for the setting `x` is 5, not a string";
  assert.equal(
    message(() => localSettings.set("x", 5, "text")),
    text,
  );
  const type = "TypeError: `toString` is no type of a setting";
  assert.equal(
    message(() => localSettings.set("x", 5, "toString")),
    type,
  );
  const before = new Date(-1);
  const time = "RangeError: the value for the setting `x` is no time from 1970-01-01T00:00:00Z on";
  assert.equal(
    message(() => localSettings.set("x", before)),
    time,
  );
});

test("the host's refusals have the path, the reason and the limit", () => {
  const invalid = "`a//b` is not the path of a setting: a name in a path has at least 1 byte";
  assert.equal(
    message(() => localSettings.get("a//b")),
    invalid,
  );
  const large = "the value for the setting `x` is too large: it may have 8192 bytes";
  assert.equal(
    message(() => localSettings.set("x", "y".repeat(8_193))),
    large,
  );
  const full = "no room for the setting `s32`: there may be 262144 bytes in all";
  const fill = () => {
    for (let at = 0; at < 40; at += 1) localSettings.set(`s${at}`, new Uint8Array(8_100));
  };
  assert.equal(message(fill), full);
  const wrong = "the setting `x` is of the type text, not integer";
  assert.equal(
    message(() => localSettings.get("x", "integer"), { x: "y" }),
    wrong,
  );
});

test("containers are paths", () => {
  const settings = { b: 1, "box/a": 2, "box/deep/c": 3, box: 4 };
  const { given, report } = inside(() => {
    const before = [localSettings.keys(), localSettings.containers(), localSettings.keys("box")];
    return [
      ...before,
      localSettings.clear("box"),
      localSettings.delete("b"),
      localSettings.delete("b"),
    ];
  }, settings);
  assert.deepEqual(given, [["b", "box"], ["box"], ["a"], 2, true, false]);
  assert.deepEqual(report.settings, { box: 4 });
});

test("names come page by page", () => {
  const settings = Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`n${at}`, at]));
  assert.equal(inside(() => localSettings.keys().length, settings).given, 600);
});

test("settings can be used as properties", () => {
  const { given, report } = inside(
    () => {
      const { values } = localSettings;
      values.unread += 1;
      values["inbox/last"] ??= "a1";
      delete values.old;
      return [Object.keys(values), "old" in values, "unread" in values, values.nothing];
    },
    { unread: 2, old: true },
  );
  assert.deepEqual(given, [["unread"], false, true, undefined]);
  assert.deepEqual(report.settings, { unread: 3, "inbox/last": "a1" });
});

test("half of a surrogate pair goes out as U+FFFD", () => {
  assert.deepEqual(inside(() => localSettings.set("x", "a\ud800")).report.settings, {
    x: "a\ufffd",
  });
});

test("the version is kept", () => {
  const { report } = inside(() => {
    localSettings.version = 2 ** 32 - 1;
    assert.equal(localSettings.version, 2 ** 32 - 1);
  });
  assert.equal(report.settingsVersion, 2 ** 32 - 1);
});

/** Calls a function with another host in place of the one of the run. */
function withHost(host, call) {
  const before = connect(host);
  try {
    return call();
  } finally {
    connect(before);
  }
}
