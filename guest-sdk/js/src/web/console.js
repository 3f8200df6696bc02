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
const FORMATS = {
  s: shown,
  d: (value) => String(Number(value)),
  i: (value) => String(Math.trunc(Number(value))),
  f: (value) => String(Number(value)),
  j: (value) => JSON.stringify(value),
  o: inspect,
  O: inspect,
};

const at =
  (write) =>
  (...values) =>
    write(values.length === 0 ? "" : format(values));

/** The run's log, by level. */
export const console = {
  trace: at(log.trace),
  debug: at(log.debug),
  log: at(log.info),
  info: at(log.info),
  warn: at(log.warn),
  error: at(log.error),
  assert(condition, ...values) {
    if (!condition) log.error(["assertion failed", ...values.map(shown)].join(": "));
  },
};
