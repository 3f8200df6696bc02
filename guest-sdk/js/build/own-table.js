// Gives the engine in a component its table of functions.
//
//   node own-table.js IN.wasm OUT.wasm
//
// componentize-qjs links the engine as a library: the table belongs to another module, and the
// engine fills in its 700 functions one by one in every new instance, which takes longer than a
// small task runs. With a table of its own, and its place known, the host fills a slot when it is
// first used.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Reader, close, concat, list, name, number, open } from "./binary.js";
import { exportedNumbers, parse, tableSize, withTable } from "./module.js";

const [MODULE, CORE_INSTANCE, COMPONENT, ALIAS] = [1, 2, 4, 6];
const TABLE_NAME = "__indirect_function_table";
const TABLE = 0x01;
/** What only the engine exports, and what only is linked to it imports. */
const ENGINE_MARK = "wit_dylib_initialize";

const UNKNOWN = "this is not a component as componentize-qjs 0.4.5 makes it; build it with that";

/** A core instance: of a module, or of single exports. */
function instanceOf(reader) {
  const item = {};
  item.bytes = reader.span(() => {
    item.isOfModule = reader.byte() === 0;
    if (item.isOfModule) item.module = reader.number();
    item.exports = reader.items(() => {
      return { name: reader.name(), sort: reader.byte(), index: reader.number() };
    });
  });
  return item;
}

/** A table that is named from an instance: `alias core export INSTANCE NAME (core table)`. */
const tableAlias = (instance) =>
  list([concat([[0x00, TABLE, 0x01], number(instance), name(TABLE_NAME)])]);

const isTableAlias = ([sort, coreSort]) => sort === 0x00 && coreSort === TABLE;

/** The first bytes of each alias in a section. */
function aliases(content) {
  return new Reader(content).items((reader) => {
    const sort = [reader.byte()];
    if (sort[0] === 0x00) sort.push(reader.byte());
    const isOuter = reader.byte() === 0x02;
    reader.number();
    if (isOuter) reader.number();
    else reader.name();
    return sort;
  });
}

function exportsWith(exports, table) {
  const items = exports.map((item) => {
    const index = item.name === TABLE_NAME && item.sort === TABLE ? table : item.index;
    return concat([name(item.name), [item.sort], number(index)]);
  });
  return concat([[0x01], list(items)]);
}

/** The modules that take part: the one that has the table, and the engine. */
function find(sections) {
  const modules = sections.filter(({ id }) => id === MODULE).map(({ content }) => parse(content));
  const engine = modules.findIndex(
    ({ imports, exports }) =>
      exports.has(ENGINE_MARK) && imports.some(({ name }) => name === TABLE_NAME),
  );
  const owner = modules.find(({ exports }) => exports.has(TABLE_NAME));
  if (engine < 0 || !owner) throw new Error(UNKNOWN);
  return { engine, modules, owner };
}

function engineWithTable({ engine, modules, owner }) {
  const numbers = exportedNumbers(owner);
  const library = [...numbers.keys()].find((name) => name.endsWith(":cabi_realloc"));
  const prefix = library.slice(0, library.lastIndexOf(":"));
  return withTable(modules[engine], {
    tableName: TABLE_NAME,
    size: tableSize(owner),
    base: numbers.get(`${prefix}:table_base`),
    slots: [[numbers.get(library), modules[engine].exports.get("cabi_realloc").index]],
  });
}

/** The sections of core instances, so that what is linked to the engine has the engine's table. */
function relinked(sections, engine) {
  let [instances, tables] = [0, 0];
  let engineInstance;
  let isDone = false;
  return sections.flatMap(({ id, content }) => {
    if (id === ALIAS) {
      const more = aliases(content).filter(isTableAlias).length;
      if (isDone && more > 0) throw new Error(UNKNOWN);
      tables += more;
    }
    if (id !== CORE_INSTANCE) return [{ id, content }];
    const items = new Reader(content).items(instanceOf);
    const at = items.findIndex(({ isOfModule, exports }, offset) => {
      if (isOfModule && items[offset].module === engine) engineInstance = instances + offset;
      return !isOfModule && exports.some(({ name }) => name === ENGINE_MARK);
    });
    instances += items.length;
    if (at < 0) return [{ id, content }];
    isDone = true;
    const before = items.slice(0, at).map(({ bytes }) => bytes);
    const after = items.slice(at + 1).map(({ bytes }) => bytes);
    return [
      { id, content: list(before) },
      { id: ALIAS, content: tableAlias(engineInstance) },
      { id, content: list([exportsWith(items[at].exports, tables++), ...after]) },
    ];
  });
}

/** The linked part of a component of componentize-qjs, with the engine's table its own. */
function own(bytes) {
  const { header, sections } = open(bytes);
  const parts = find(sections);
  let modules = 0;
  const replaced = sections.map((section) => {
    if (section.id !== MODULE || modules++ !== parts.engine) return section;
    return { id: MODULE, content: close(engineWithTable(parts)) };
  });
  return close({ header, sections: relinked(replaced, parts.engine) });
}

/** A component of componentize-qjs 0.4.5, which instantiates in a third of the time. */
export function ownTable(component) {
  const { header, sections } = open(component);
  const linked = sections.findIndex(({ id }) => id === COMPONENT);
  if (linked < 0) throw new Error(UNKNOWN);
  const parts = sections.map((section, at) =>
    at === linked ? { id: COMPONENT, content: own(section.content) } : section,
  );
  return close({ header, sections: parts });
}

function main(from, to) {
  try {
    writeFileSync(to, ownTable(readFileSync(from)));
  } catch (error) {
    console.error(`${from}: ${error.message}`);
    process.exitCode = 1;
  }
}

const [, script, from, to] = process.argv;
if (script === fileURLToPath(import.meta.url)) main(from, to);
