// A task's memory, read and written by the canonical ABI with strings in UTF-16.

const utf16 = new TextDecoder("utf-16le", { fatal: true });

export class Memory {
  #exports;

  /** `exports` of the task's instance. */
  constructor(exports) {
    this.#exports = exports;
  }

  /** Made anew at each use: a memory that grows leaves older views behind. */
  get #view() {
    return new DataView(this.#exports.memory.buffer);
  }

  u8(at) {
    return this.#view.getUint8(at);
  }

  u32(at) {
    return this.#view.getUint32(at, true);
  }

  f64(at) {
    return this.#view.getFloat64(at, true);
  }

  setU8(at, value) {
    this.#view.setUint8(at, value);
  }

  setU32(at, value) {
    this.#view.setUint32(at, value, true);
  }

  setU64(at, value) {
    this.#view.setBigUint64(at, BigInt.asUintN(64, value), true);
  }

  setF64(at, value) {
    this.#view.setFloat64(at, value, true);
  }

  /** A copy of bytes; throws where a component would trap. */
  bytes(pointer, length) {
    if (pointer + length > this.#exports.memory.buffer.byteLength) {
      throw new Error("list pointer/length out of bounds of memory");
    }
    return new Uint8Array(this.#exports.memory.buffer, pointer, length).slice();
  }

  /** A string by its address and its length in code units. Half a surrogate pair is an error. */
  string(pointer, length) {
    return utf16.decode(this.bytes(pointer, 2 * length));
  }

  stringAt(at) {
    return this.string(this.u32(at), this.u32(at + 4));
  }

  optionAt(at) {
    return this.u8(at) === 0 ? undefined : this.stringAt(at + 4);
  }

  /** A list of records of a size, each as `read` has it from its address. */
  listAt(at, size, read) {
    const [from, length] = [this.u32(at), this.u32(at + 4)];
    return Array.from({ length }, (_, i) => read(from + i * size));
  }

  /** New memory of the task's. */
  alloc(length, alignment) {
    return this.#exports.cabi_realloc(0, 0, alignment, length);
  }

  /** Gives the task bytes: their address and length. */
  giveBytes(bytes) {
    const pointer = this.alloc(bytes.length, 1);
    new Uint8Array(this.#exports.memory.buffer).set(bytes, pointer);
    return [pointer, bytes.length];
  }

  /** Gives the task a string: its address and its length in code units. */
  giveString(text) {
    const pointer = this.alloc(2 * text.length, 2);
    for (let i = 0; i < text.length; i++) {
      this.#view.setUint16(pointer + 2 * i, text.charCodeAt(i), true);
    }
    return [pointer, text.length];
  }

  setString(at, text) {
    const [pointer, length] = this.giveString(text);
    this.setU32(at, pointer);
    this.setU32(at + 4, length);
  }
}
