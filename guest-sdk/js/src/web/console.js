import { attempt } from "../attempt.js";
import { log } from "../log.js";
import { inspect } from "./inspect.js";

/** A line from what was given: the first may have `%s`, `%d`, `%i`, `%f`, `%j`, `%o` and `%O`. */
function format([first, ...rest]) {
  if (typeof first !== "string" || rest.length === 0 || !first.includes("%")) {
    return [first, ...rest].map(shown).join(" ");
  }
  const line = first.replace(/%([sdifjoO%])/g, (whole, kind) => {
    if (kind === "%") return "%";
    return rest.length === 0 ? whole : FORMATS[kind](rest.shift());
  });
  return [line, ...rest.map(shown)].join(" ");
}

const shown = (value) => (typeof value === "string" ? value : inspect(value));

const numeral = (value) => attempt(() => String(Number(value)), "NaN");

const FORMATS = {
  s: shown,
  d: numeral,
  i: (value) => attempt(() => String(Math.trunc(Number(value))), "NaN"),
  f: numeral,
  j: (value) => attempt(() => String(JSON.stringify(value))),
  o: inspect,
  O: inspect,
};

/** What `group` puts before each line. */
let margin = "";
const counts = new Map();
const timers = new Map();

/** Forgets groups, counts and timers: for tests, in which one process has many runs. */
export function forget() {
  margin = "";
  counts.clear();
  timers.clear();
}

const at =
  (write) =>
  (...values) => {
    const text = values.length === 0 ? "" : format(values);
    write(margin === "" ? text : margin + text.replaceAll("\n", `\n${margin}`));
  };

const lines = { info: at(log.info), warn: at(log.warn), error: at(log.error) };

function group(...values) {
  if (values.length > 0) lines.info(...values);
  margin += "  ";
}

function count(label = "default") {
  const name = shown(label);
  counts.set(name, (counts.get(name) ?? 0) + 1);
  lines.info(`${name}: ${counts.get(name)}`);
}

/** Says how long a timer has run, unless there is none. */
function tell(label, values) {
  const name = shown(label);
  if (!timers.has(name)) return lines.warn(`there is no timer \`${name}\``);
  const passed = Number((performance.now() - timers.get(name)).toFixed(3));
  return lines.info([`${name}: ${passed} ms`, ...values.map(shown)].join(" "));
}

/** The run's log, by level. Nothing here throws, whatever it is given. */
export const console = {
  ...lines,
  trace: at(log.trace),
  debug: at(log.debug),
  log: lines.info,
  dir: (value) => lines.info(inspect(value)),
  table: (rows) => lines.info(attempt(() => table(rows))),
  assert(condition, ...values) {
    if (!condition) lines.error(["assertion failed", ...values.map(shown)].join(": "));
  },
  group,
  groupCollapsed: group,
  groupEnd: () => void (margin = margin.slice(2)),
  count,
  countReset: (label = "default") => void counts.delete(shown(label)),
  time: (label = "default") => void timers.set(shown(label), performance.now()),
  timeLog: (label = "default", ...values) => tell(label, values),
  timeEnd(label = "default") {
    tell(label, []);
    timers.delete(shown(label));
  },
};

/** A line for each row. */
function table(rows) {
  if (typeof rows !== "object" || rows === null) return inspect(rows);
  return Object.entries(rows).map(([name, row]) => `${name}: ${inspect(row)}`).join("\n");
}
