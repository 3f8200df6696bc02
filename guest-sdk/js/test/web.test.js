import assert from "node:assert/strict";
import test from "node:test";
import { localSettings } from "../index.js";
import { structuredClone } from "../src/web/structured-clone.js";
import * as text from "../src/web/text.js";
import { crypto } from "../src/web/random.js";
import { wake } from "../testing/index.js";

const logged = (run) => wake(run).log.map(({ level, message }) => `${level} ${message}`);

test("the console writes to the log by level", () => {
  const lines = logged(() => {
    console.trace("a");
    console.debug("b");
    console.log("c");
    console.info("d");
    console.warn("e");
    console.error("f");
    console.assert(true, "g");
    console.assert(false, "h", 1);
  });
  const expected = ["trace a", "debug b", "info c", "info d", "warn e", "error f"];
  assert.deepEqual(lines, [...expected, "error assertion failed: h: 1"]);
});

test("the console shows what it is given", () => {
  const loop = { name: "x" };
  loop.self = loop;
  class Point {
    x = 1;
  }
  const lines = logged(() => {
    console.log("%s has %d of %i%%", "Ada", "2.5", 7.9, "and", [1, "two", null, undefined, 3n]);
    console.log(loop, new Map([["k", new Set([1])]]), new Point(), () => {}, Uint8Array.of(1, 2));
    console.log("100%", { nested: { date: new Date(0), re: /x/g } });
    console.log({ a: { b: { c: { d: { e: { f: 1 } } } } } });
    console.log();
  });
  assert.deepEqual(lines, [
    'info Ada has 2.5 of 7% and [1, "two", null, undefined, 3n]',
    'info {name: "x", self: [Circular]} Map {"k" => Set {1}} Point {x: 1} [Function anonymous] ' +
      "Uint8Array(2 bytes)",
    "info 100% {nested: {date: 1970-01-01T00:00:00.000Z, re: /x/g}}",
    "info {a: {b: {c: {d: {e: [Object]}}}}}",
    "info ",
  ]);
});

test("the console says groups, counts, times and tables", () => {
  const group = () => {
    console.group("a");
    console.log("b\nc");
    console.group();
    console.warn("d");
    console.groupEnd();
    console.groupEnd();
    console.groupEnd();
    console.dir("e");
    console.count();
    console.count("f%d");
    console.countReset();
    console.count();
    console.time("g");
    console.timeLog("g", { h: 1 });
    console.timeEnd("g");
    console.timeEnd("g");
    console.table([{ i: 1 }, "j"]);
    console.table(5);
    console.group();
  };
  const lines = ["info a", "info   b\n  c", 'warn     d', 'info "e"', "info default: 1"];
  lines.push("info f%d: 1", "info default: 1", "info g: 0 ms {h: 1}", "info g: 0 ms");
  lines.push("warn there is no timer `g`", 'info 0: {i: 1}\n1: "j"', "info 5");
  assert.deepEqual(logged(group), lines);
  assert.deepEqual(logged(group), lines, "a run begins anew");
});

test("the console never throws", () => {
  const bad = () => {
    throw new Error("no");
  };
  const getter = Object.defineProperty({ a: 1 }, "b", { get: bad, enumerable: true });
  const hidden = new Proxy({}, { ownKeys: bad, getPrototypeOf: bad, get: bad });
  const circle = { toJSON: bad };
  const bare = Object.create(null);
  const [one, two] = [new Error("one"), new Error("two")];
  [one.cause, two.cause] = [two, one];
  const lines = logged(() => {
    console.log(getter, hidden, [hidden]);
    console.log("%d %i %f %s %j", Symbol("x"), { valueOf: bad }, bare, Symbol("y"), circle);
    console.log("%j", 5n);
    console.table(hidden);
    console.count(hidden);
    console.assert(false, hidden);
    console.error(one);
  });
  const unseen = "[cannot be shown]";
  assert.deepEqual(lines.slice(0, -1), [
    `info {a: 1, b: ${unseen}} ${unseen} [${unseen}]`,
    `info NaN NaN NaN Symbol(y) ${unseen}`,
    `info ${unseen}`,
    `info ${unseen}`,
    `info ${unseen}: 1`,
    `error assertion failed: ${unseen}`,
  ]);
  assert.match(lines.at(-1), /^error Error: one\n +at [^]*\ncaused by Error: two\n +at [^]*$/);
});

/** Bytes of all kinds: what is UTF-8, what nearly is, and noise. */
function* samples() {
  const parts = ["", "a%41", "é", "€", "😀", "\ufeff", "\u0000", "\u0800\uffff", "\u{10ffff}"];
  const broken = [
    [0x80],
    [0xc0, 0x80],
    [0xc1],
    [0xc2],
    [0xe0, 0x80, 0x80],
    [0xe2, 0x82],
    [0xed, 0xa0, 0x80],
    [0xf0, 0x80, 0x80, 0x80],
    [0xf0, 0x9f, 0x98],
    [0xf4, 0x90, 0x80, 0x80],
    [0xf5],
    [0xff],
  ];
  const encoder = new TextEncoder();
  const all = [...parts.map((part) => [...encoder.encode(part)]), ...broken];
  for (const one of all) {
    for (const two of all)
      for (const three of all) yield Uint8Array.from([...one, ...two, ...three]);
  }
}

test("the decoder gives what Node's does", () => {
  for (const bytes of samples()) {
    for (const ignoreBOM of [false, true]) {
      const options = { ignoreBOM };
      const expected = new TextDecoder("utf-8", options).decode(bytes);
      assert.equal(new text.TextDecoder("utf-8", options).decode(bytes), expected, `${bytes}`);
    }
    const isUtf8 = Buffer.compare(Buffer.from(Buffer.from(bytes).toString()), bytes) === 0;
    const decode = () => new text.TextDecoder("utf8", { fatal: true }).decode(bytes);
    if (isUtf8) decode();
    else assert.throws(decode, /^TypeError: the bytes are not UTF-8 from byte \d+ on$/, `${bytes}`);
  }
});

test("the decoder takes views, and says what it cannot do", () => {
  const decoder = new text.TextDecoder();
  const { buffer } = Uint8Array.from([0x78, 0x61, 0x62]);
  assert.equal(decoder.decode(new DataView(buffer, 1, 2)), "ab");
  assert.equal(decoder.decode(buffer), "xab");
  assert.equal(decoder.decode(), "");
  assert.equal(decoder.decode(new Uint8Array(20_000).fill(0x61)).length, 20_000);
  assert.throws(() => new text.TextDecoder("latin1"), /knows UTF-8 only, not `latin1`/);
  assert.throws(() => decoder.decode(buffer, { stream: true }), /whole texts only/);
  const fatal = new text.TextDecoder("utf-8", { fatal: true });
  assert.throws(() => fatal.decode(Uint8Array.of(0x61, 0xc3, 0xbc, 0xff)), /from byte 3 on$/);
});

test("the encoder gives what Node's does", () => {
  const encoder = new text.TextEncoder();
  for (const sample of ["", "a%41", "üé€😀", "\ud800x\udc00"]) {
    assert.deepEqual(encoder.encode(sample), new TextEncoder().encode(sample));
  }
  const into = new Uint8Array(4);
  assert.deepEqual(encoder.encodeInto("a€😀", into), { read: 2, written: 4 });
});

test("a clone shares nothing, and keeps its shape", () => {
  const value = {
    date: new Date(5),
    map: new Map([[{ a: 1 }, new Set([1])]]),
    bytes: Uint8Array.of(1, 2, 3).subarray(1),
    list: [1, , undefined],
    big: 2n ** 70n,
    error: new RangeError("far"),
    pattern: /x/gi,
  };
  value.self = value;
  const copy = structuredClone(value);
  assert.equal(copy.self, copy);
  assert.deepEqual(copy.map, value.map);
  assert.deepEqual([copy.date, copy.bytes, copy.big], [value.date, value.bytes, value.big]);
  assert.ok(copy.error instanceof RangeError && copy.pattern.test("X"));
  assert.deepEqual([copy.list.length, 1 in copy.list], [3, false]);
  assert.notEqual(copy.bytes.buffer, value.bytes.buffer);
  assert.throws(() => structuredClone({ call() {} }), { name: "DataCloneError" });
});

test("a run in a test always has the same time and randomness", () => {
  const early = new Date(0);
  const now = new Date("2025-05-05T05:05:05.005Z");
  const seen = [];
  const draw = () => {
    assert.ok(early instanceof Date && new Date() instanceof Date);
    localSettings.set("early", early);
    const random = [Math.random(), globalThis.crypto.randomUUID()];
    seen.push([...random, ...globalThis.crypto.getRandomValues(new Uint8Array(4))]);
    return [new Date(), new Date(Date.now()), new Date(Date()), new Date(5), performance.now()];
  };
  let times;
  assert.equal(wake(() => void (times = draw()), { now }).outcome.type, "completed");
  const second = new Date("2025-05-05T05:05:05Z");
  assert.deepEqual(times, [now, now, second, new Date(5), 0]);
  wake(() => assert.equal(Date.now(), Date.UTC(2024, 0, 1)));
  wake(() => void draw());
  assert.deepEqual(seen[0], seen[1]);
  assert.ok(Date.now() > Date.UTC(2025, 0, 1), "the machine's time is back");
  assert.ok(performance.now() > 0);
});

test("randomness is the run's own", () => {
  const draw = () => {
    let drawn;
    wake(() => {
      const big = crypto.getRandomValues(new Uint32Array(2_000));
      drawn = [big.at(-1), crypto.randomUUID()];
    });
    return drawn;
  };
  assert.deepEqual(draw(), draw());
  assert.match(draw()[1], /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  wake(() => {
    const numbers = Array.from({ length: 1_000 }, Math.random);
    assert.ok(numbers.every((number) => number >= 0 && number < 1));
    const mean = numbers.reduce((sum, number) => sum + number) / numbers.length;
    assert.ok(Math.abs(mean - 0.5) < 0.05, `${mean}`);
    assert.throws(() => crypto.getRandomValues(new Float64Array(1)), TypeError);
    assert.throws(() => crypto.getRandomValues(new Uint8Array(65_537)), RangeError);
  });
});
