const PRIMITIVES = [Boolean, Number, String, BigInt];

/** A deep copy of data: objects that meet twice are met twice in the copy, circles included. */
export function structuredClone(value) {
  return clone(value, new Map());
}

function clone(value, seen) {
  if (typeof value === "function" || typeof value === "symbol") {
    throw new DOMException(`a ${typeof value} cannot be cloned`, "DataCloneError");
  }
  if (typeof value !== "object" || value === null) return value;
  if (seen.has(value)) return seen.get(value);
  const copy = shell(value, seen);
  seen.set(value, copy);
  if (value instanceof Map) {
    for (const [key, part] of value) copy.set(clone(key, seen), clone(part, seen));
  } else if (value instanceof Set) {
    for (const part of value) copy.add(clone(part, seen));
  } else if (Array.isArray(value) || isPlain(copy)) {
    for (const key of Object.keys(value)) copy[key] = clone(value[key], seen);
  }
  return copy;
}

const isPlain = (value) => Object.getPrototypeOf(value) === Object.prototype;

/** The copy without what it holds. */
function shell(value, seen) {
  if (value instanceof Date) return new Date(value);
  if (value instanceof RegExp) return new RegExp(value.source, value.flags);
  if (value instanceof ArrayBuffer) return value.slice(0);
  if (ArrayBuffer.isView(value)) return view(value, seen);
  if (value instanceof Error) return error(value);
  if (PRIMITIVES.some((kind) => value instanceof kind)) return Object(value.valueOf());
  if (value instanceof Map) return new Map();
  if (value instanceof Set) return new Set();
  return Array.isArray(value) ? new Array(value.length) : {};
}

function view(value, seen) {
  const length = value instanceof DataView ? value.byteLength : value.length;
  return new value.constructor(clone(value.buffer, seen), value.byteOffset, length);
}

const ERRORS = [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];

function error(value) {
  const Kind = ERRORS.find((kind) => value instanceof kind) ?? Error;
  return new Kind(value.message, { cause: value.cause });
}
