import { Reader, concat, list, name, number, open, signed } from "./binary.js";

const [IMPORTS, FUNCTIONS, TABLES, GLOBALS, EXPORTS, ELEMENTS] = [2, 3, 4, 6, 7, 9];
const TABLE = 1;
const FUNCREF = 0x70;
const [I32_CONST, GLOBAL_GET, END] = [0x41, 0x23, 0x0b];

const sectionOf = ({ sections }, id) => sections.find((section) => section.id === id);

function read(module, id, item) {
  const section = sectionOf(module, id);
  return section ? new Reader(section.content).items(item) : [];
}

function limits(reader) {
  const flags = reader.byte();
  const min = reader.number();
  return { min, max: flags & 1 ? reader.number() : undefined };
}

/** What stands behind the names of an import, by its kind. */
const TYPES = [
  (reader) => reader.number(),
  (reader) => [reader.byte(), limits(reader)],
  limits,
  (reader) => reader.take(2),
];

function importOf(reader) {
  const item = { kind: undefined };
  item.bytes = reader.span(() => {
    [item.module, item.name, item.kind] = [reader.name(), reader.name(), reader.byte()];
    TYPES[item.kind](reader);
  });
  return item;
}

const exportOf = (reader) => ({ name: reader.name(), kind: reader.byte(), index: reader.number() });

/** A global of a module that has no imported ones: the number that it begins with. */
function globalOf(reader) {
  reader.take(2);
  if (reader.byte() !== I32_CONST) throw new Error("a global is not a constant of 32 bits");
  const value = reader.number();
  reader.byte();
  return value;
}

/** A core module, and what of it matters here. */
export function parse(bytes) {
  const module = open(bytes);
  const imports = read(module, IMPORTS, importOf);
  const exports = new Map(read(module, EXPORTS, exportOf).map((item) => [item.name, item]));
  return { ...module, imports, exports };
}

/** The numbers of all globals that a module exports, by their names. */
export function exportedNumbers(module) {
  const globals = read(module, GLOBALS, globalOf);
  const exported = [...module.exports.values()].filter(({ kind }) => kind === 3);
  return new Map(exported.map(({ name, index }) => [name, globals[index]]));
}

/** How many elements the only table of a module has. */
export function tableSize(module) {
  const [size] = read(module, TABLES, (reader) => [reader.byte(), limits(reader)][1].min);
  return size;
}

const at = (offset) => concat([[I32_CONST], signed(offset), [END]]);

/** The first segment of elements, at a place that is known instead of one that is asked for. */
function placed(elements, offset) {
  const reader = new Reader(elements);
  const count = reader.number();
  const [flags, opcode] = [reader.byte(), reader.byte()];
  if (flags !== 0 || opcode !== GLOBAL_GET) throw new Error("the elements are of another form");
  reader.number();
  reader.byte();
  return { count, rest: concat([[0], at(offset), reader.take(elements.length - reader.at)]) };
}

/**
 * A module that has its table itself, and exports it, in place of one that imports it. `slots` are
 * functions that others would have put into it, by their places.
 */
export function withTable(module, { tableName, size, base, slots }) {
  const imports = module.imports.filter(({ kind }) => kind !== TABLE).map(({ bytes }) => bytes);
  const exported = concat([name(tableName), [TABLE], number(0)]);
  const slotted = slots.map(([slot, index]) => concat([[0], at(slot), list([number(index)])]));
  const contents = new Map([[IMPORTS, list(imports)]]);
  const exports = new Reader(sectionOf(module, EXPORTS).content);
  const count = exports.number();
  const others = exports.take(exports.bytes.length - exports.at);
  contents.set(EXPORTS, concat([number(count + 1), others, exported]));
  const elements = placed(sectionOf(module, ELEMENTS).content, base);
  const total = number(elements.count + slotted.length);
  contents.set(ELEMENTS, concat([total, elements.rest, ...slotted]));
  const table = { id: TABLES, content: list([concat([[FUNCREF, 0], number(size)])]) };
  const sections = module.sections.flatMap(({ id, content }) => {
    const section = { id, content: contents.get(id) ?? content };
    return id === FUNCTIONS ? [section, table] : [section];
  });
  return { header: module.header, sections };
}
