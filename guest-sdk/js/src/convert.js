// What goes to the host is checked here, since the runtime takes what does not fit for a fault of
// the whole run, or silently for another value.
import { host } from "./host.js";

/** A string without halves of surrogate pairs, which no UTF-8 has: each becomes U+FFFD. */
export function text(value, what) {
  if (typeof value !== "string") throw new TypeError(`${what} is ${kindOf(value)}, not a string`);
  return value.toWellFormed();
}

export function optionalText(value, what) {
  return value === undefined || value === null ? undefined : text(value, what);
}

const U32_MAX = 0xffff_ffff;

/**
 * A whole number from 0 to 2^32 - 1; a larger one counts as the largest.
 *
 * It goes to QuickJS as the signed number of the same bits, since that reads numbers of 32 bits as
 * signed and would cut those above 2^31 - 1.
 */
export function u32(value, what) {
  if (typeof value !== "number" || !(value >= 0) || (value < U32_MAX && value % 1 !== 0)) {
    throw new RangeError(`${what} is ${kindOf(value)}, not a whole number from 0 on`);
  }
  const number = Math.min(value, U32_MAX);
  return host.takesUnsigned ? number : number | 0;
}

export function bytes(value, what) {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw new TypeError(`${what} is ${kindOf(value)}, not a Uint8Array`);
}

export function list(value, what) {
  if (!Array.isArray(value)) throw new TypeError(`${what} are ${kindOf(value)}, not an array`);
  return value;
}

/** An object that has no other fields than these: a misspelt one would be ignored. */
export function record(value, what, ...fields) {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`${what} is ${kindOf(value)}, not an object`);
  }
  for (const field in value) {
    if (!fields.includes(field)) throw new TypeError(`${what} has no field \`${field}\``);
  }
  return value;
}

/** What a message calls a value: the number itself, otherwise the type. */
export function kindOf(value) {
  if (value === null || value === undefined || typeof value === "number") return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  const name = value.constructor?.name;
  return name && name !== "Object" ? `an object (${name})` : "an object";
}
