import { BugleError, refusal } from "./error.js";
import { bytes, kindOf, text, u32 } from "./convert.js";
import { host } from "./host.js";

/** The most names that the host gives at once. */
const PAGE_ITEMS = 256;

const MESSAGES = {
  "invalid-path": (path, reason) => `\`${path}\` is not the path of a setting: ${reason}`,
  "value-too-large": (path, max) =>
    `the value for the setting \`${path}\` is too large: it may have ${max} bytes`,
  "quota-exceeded": (path, max) =>
    `no room for the setting \`${path}\`: there may be ${max} bytes in all`,
  "too-many": (path, max) => `no room for the setting \`${path}\`: there may be ${max} settings`,
};

const pathOf = (path) => text(path, "the path of a setting");

/** The type that a value has as a setting, unless the author says which. */
function typeOf(path, value) {
  if (typeof value === "string") return "text";
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "bigint") return "integer";
  if (typeof value === "number") {
    return Number.isInteger(value) && !Object.is(value, -0) ? "integer" : "float";
  }
  if (value instanceof Date) return "timestamp";
  if (value instanceof Uint8Array) return "bytes";
  throw new TypeError(
    `a setting cannot hold ${kindOf(value)}: \`${path}\` may be a boolean, number, bigint, ` +
      "string, Uint8Array or Date; `JSON.stringify` makes a string of anything else",
  );
}

function integer(value, path) {
  const number = typeof value === "bigint" ? Number(value) : value;
  // Adding makes 0 of -0.
  if (Number.isSafeInteger(number)) return number + 0;
  const told = typeof value === "bigint" ? `${value}n` : kindOf(value);
  const range = "a whole number from -(2^53 - 1) to 2^53 - 1";
  const hint = Number.isInteger(value) ? "; say the type `float` if it need not be exact" : "";
  throw new RangeError(`the value for the setting \`${path}\` is ${told}, not ${range}${hint}`);
}

function ofType(type) {
  return (value, path) => {
    if (typeof value === type) return value;
    const told = kindOf(value);
    throw new TypeError(`the value for the setting \`${path}\` is ${told}, not a ${type}`);
  };
}

function timestamp(value, path) {
  const time = value instanceof Date ? value.getTime() : value;
  if (Number.isSafeInteger(time) && time >= 0) return time;
  const message = "is no time from 1970-01-01T00:00:00Z on";
  throw new RangeError(`the value for the setting \`${path}\` ${message}`);
}

/** What the host takes of each type. */
const OUTWARD = {
  __proto__: null,
  boolean: ofType("boolean"),
  integer,
  float: ofType("number"),
  text: (value, path) => text(value, `the value for the setting \`${path}\``),
  bytes: (value, path) => bytes(value, `the value for the setting \`${path}\``),
  timestamp,
};

/** What the host takes for a value; of the type that the value suggests, unless one is said. */
export function outward(path, value, type = typeOf(path, value)) {
  const convert = OUTWARD[type];
  if (!convert) throw new TypeError(`\`${type}\` is no type of a setting`);
  return { tag: type, val: convert(value, path) };
}

/**
 * Numbers of 64 bits come as bigints from SpiderMonkey, and from QuickJS rounded: one that is
 * written back would be another.
 */
function inward(path, { tag, val }) {
  if (tag === "integer") {
    const number = Number(val);
    if (Number.isSafeInteger(number)) return number;
    throw inexact(path, "an integer beyond 2^53", number);
  }
  if (tag !== "timestamp") return val;
  const time = new Date(Number(val));
  if (Number.isNaN(time.getTime())) throw inexact(path, "a timestamp after the year 275760");
  return time;
}

function inexact(path, what, nearest) {
  const message = `the setting \`${path}\` is ${what}, which JavaScript cannot hold`;
  return Object.assign(new BugleError("inexact", message), { nearest });
}

/** What the shortcut `find` says. */
const [NONE, INTEGER, TEXT] = [0, 2, 4];

function read(path) {
  const { shortcuts } = host;
  if (shortcuts) {
    const type = shortcuts.find(path);
    if (type === NONE) return undefined;
    if (type === TEXT) return { tag: "text", val: shortcuts.foundText() };
    if (type === INTEGER) return { tag: "integer", val: shortcuts.foundNumber() };
  }
  try {
    return host.localSettings.get(path);
  } catch (error) {
    throw refusal(error, MESSAGES, path);
  }
}

function get(path, type) {
  const name = pathOf(path);
  const value = read(name);
  if (value == null) return undefined;
  if (type !== undefined && value.tag !== type) {
    const message = `the setting \`${name}\` is of the type ${value.tag}, not ${type}`;
    throw new BugleError("wrong-type", message);
  }
  return inward(name, value);
}

/** Sets a text or an integer, and gives back why not, or null; undefined for what is neither. */
function setShort(shortcuts, path, value) {
  if (typeof value === "string") return shortcuts.setText(path, value.toWellFormed());
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return shortcuts.setInteger(path, value);
  return undefined;
}

function set(path, value, type) {
  const name = pathOf(path);
  if (host.shortcuts && type === undefined) {
    const error = setShort(host.shortcuts, name, value);
    if (error) throw refusal({ payload: error }, MESSAGES, name);
    if (error === null) return;
  }
  const outgoing = outward(name, value, type);
  try {
    host.localSettings.set(name, outgoing);
  } catch (error) {
    throw refusal(error, MESSAGES, name);
  }
}

const has = (path) => read(pathOf(path)) != null;

function remove(path) {
  const name = pathOf(path);
  try {
    return host.localSettings.remove(name);
  } catch (error) {
    throw refusal(error, MESSAGES, name);
  }
}

function clear(container = "") {
  const name = pathOf(container);
  try {
    return host.localSettings.clear(name) >>> 0;
  } catch (error) {
    throw refusal(error, MESSAGES, name);
  }
}

function page(container, after) {
  try {
    return host.localSettings.items(container, after, PAGE_ITEMS);
  } catch (error) {
    throw refusal(error, MESSAGES, container);
  }
}

/** The names in a container, of settings or of containers. */
function names(container, isContainer) {
  const path = pathOf(container);
  const found = [];
  let after;
  do {
    const { items, next } = page(path, after);
    for (const item of items) {
      if (item.isContainer === isContainer) found.push(item.name);
    }
    after = next;
  } while (after != null);
  return found;
}

/** Settings as the properties of an object, as `ApplicationData` has them. */
const values = new Proxy(
  {},
  {
    get: (_, path) => (typeof path === "string" ? get(path) : undefined),
    set(_, path, value) {
      set(path, value);
      return true;
    },
    has: (_, path) => typeof path === "string" && has(path),
    deleteProperty(_, path) {
      remove(path);
      return true;
    },
    ownKeys: () => names("", false),
    getOwnPropertyDescriptor(_, path) {
      const value = typeof path === "string" ? get(path) : undefined;
      if (value === undefined) return undefined;
      return { value, writable: true, enumerable: true, configurable: true };
    },
  },
);

export const localSettings = {
  values,
  get,
  set,
  has,
  delete: remove,
  clear,
  keys: (container = "") => names(container, false),
  containers: (container = "") => names(container, true),
  get version() {
    return host.localSettings.version() >>> 0;
  },
  set version(version) {
    host.localSettings.setVersion(u32(version, "the version of the settings"));
  },
};
