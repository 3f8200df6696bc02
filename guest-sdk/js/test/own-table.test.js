import assert from "node:assert/strict";
import test from "node:test";
import { Reader, concat, list, name, number, open, signed } from "../build/binary.js";
import { exportedNumbers, parse, tableSize, withTable } from "../build/module.js";
import { close } from "../build/binary.js";
import { ownTable } from "../build/own-table.js";

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const section = (id, ...items) => ({ id, content: list(items) });
const moduleOf = (...sections) => parse(close({ header: HEADER, sections }));

test("numbers are written as they are read", () => {
  for (const value of [0, 63, 64, 127, 128, 1_000, 2 ** 31, 2 ** 32 - 1]) {
    assert.equal(new Reader(number(value)).number(), value);
  }
  assert.deepEqual([...signed(63)], [63]);
  assert.deepEqual([...signed(64)], [0xc0, 0]);
});

test("a module gets the table that it imported", () => {
  const global = (value) => concat([[0x7f, 0, 0x41], signed(value), [0x0b]]);
  const owner = moduleOf(
    section(4, concat([[0x70, 0], number(766)])),
    section(6, global(1), global(700)),
    section(7, concat([name("lib:table_base"), [3, 0]]), concat([name("lib:slot"), [3, 1]])),
  );
  assert.equal(tableSize(owner), 766);
  assert.deepEqual(Object.fromEntries(exportedNumbers(owner)), {
    "lib:table_base": 1,
    "lib:slot": 700,
  });

  const imported = concat([name("env"), name("table"), [1, 0x70, 0, 5]]);
  const engine = moduleOf(
    section(1, Uint8Array.of(0x60, 0, 0)),
    section(2, concat([name("env"), name("base"), [3, 0x7f, 0]]), imported),
    section(3, number(0)),
    section(7, concat([name("f"), [0, 0]])),
    section(9, Uint8Array.of(0, 0x23, 0, 0x0b, 1, 0)),
    section(10, Uint8Array.of(2, 0, 0x0b)),
  );
  const made = withTable(engine, { tableName: "table", size: 766, base: 1, slots: [[700, 0]] });
  const bytes = Buffer.from(close(made));
  assert.ok(WebAssembly.validate(bytes));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    env: { base: new WebAssembly.Global({ value: "i32" }, 1) },
  });
  assert.equal(exports.table.length, 766);
  assert.deepEqual([exports.table.get(1), exports.table.get(700)], [exports.f, exports.f]);
  assert.equal(exports.table.get(2), null);
});

test("what is no component of componentize-qjs is refused", () => {
  const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0);
  assert.deepEqual(open(empty).sections, []);
  assert.throws(() => ownTable(empty), /not a component as componentize-qjs 0\.4\.5 makes it/);
});
