import { host } from "../host.js";

/** The most random bytes that the host gives at once. */
const BYTES_PER_CALL = 4_096;
/** The most that the web's interface gives at once. */
const BYTES_MAX = 65_536;

function fill(bytes) {
  for (let at = 0; at < bytes.length; at += BYTES_PER_CALL) {
    bytes.set(host.context.random(Math.min(BYTES_PER_CALL, bytes.length - at)), at);
  }
  return bytes;
}

/** The run's own randomness: a replayed run draws the same. */
export const crypto = {
  getRandomValues(array) {
    const isOfNumbers = ArrayBuffer.isView(array) && !(array instanceof DataView);
    if (!isOfNumbers || /Float/.test(array.constructor.name)) {
      throw new TypeError("`getRandomValues` fills typed arrays of integers");
    }
    if (array.byteLength > BYTES_MAX) {
      throw new RangeError(`\`getRandomValues\` fills at most ${BYTES_MAX} bytes at once`);
    }
    fill(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return array;
  },
  randomUUID() {
    const bytes = fill(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  },
};

/**
 * The state of the generator `sfc32`; the host's randomness once, since a call to it costs more.
 */
let state;

function word() {
  const [a, b, c, counter] = state;
  const drawn = (a + b + counter) | 0;
  state[3] = counter + 1;
  state[0] = b ^ (b >>> 9);
  state[1] = c + (c << 3);
  state[2] = ((c << 21) | (c >>> 11)) + drawn;
  return drawn >>> 0;
}

function seed() {
  const { buffer } = fill(new Uint8Array(16));
  state = new Int32Array(buffer);
  // As its author advises, so that every bit of the seed is in every number.
  for (let round = 0; round < 12; round += 1) word();
}

/** Forgets the run's randomness: for tests, in which one process has many runs. */
export function forget() {
  state = undefined;
}

/** `Math.random`: 53 bits from the run's own randomness. */
export function random() {
  if (!state) seed();
  return ((word() >>> 5) * 0x4000000 + (word() >>> 6)) / 2 ** 53;
}
