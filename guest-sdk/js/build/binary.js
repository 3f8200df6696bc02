// As much of WebAssembly's binary format as `own-table.js` needs.

/** Reads numbers, names and parts of a binary, one after the other. */
export class Reader {
  at = 0;

  constructor(bytes) {
    this.bytes = bytes;
  }

  get isAtEnd() {
    return this.at >= this.bytes.length;
  }

  byte() {
    return this.bytes[this.at++];
  }

  number() {
    let number = 0;
    let factor = 1;
    for (;;) {
      const byte = this.byte();
      number += (byte & 0x7f) * factor;
      if (byte < 0x80) return number;
      factor *= 0x80;
    }
  }

  take(length) {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  name() {
    return new TextDecoder().decode(this.take(this.number()));
  }

  /** What `read` went over. */
  span(read) {
    const from = this.at;
    read();
    return this.bytes.subarray(from, this.at);
  }

  /** `count` items, and the count before them. */
  items(read) {
    return Array.from({ length: this.number() }, () => read(this));
  }
}

/** The bytes of a number. */
export function number(value) {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 0x80)) {
    if (rest < 0x80) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 0x80) + 0x80);
  }
}

/** The bytes of a signed number from 0 on. */
export function signed(value) {
  const bytes = number(value);
  if (bytes.at(-1) < 0x40) return bytes;
  return concat([bytes.subarray(0, -1), [bytes.at(-1) | 0x80, 0]]);
}

export function name(text) {
  const bytes = new TextEncoder().encode(text);
  return concat([number(bytes.length), bytes]);
}

export const list = (items) => concat([number(items.length), ...items]);

export function concat(parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const HEADER_BYTES = 8;

/** The sections of a module or component, with what comes before them. */
export function open(bytes) {
  const reader = new Reader(bytes);
  const header = reader.take(HEADER_BYTES);
  const sections = [];
  while (!reader.isAtEnd) {
    const id = reader.byte();
    sections.push({ id, content: reader.take(reader.number()) });
  }
  return { header, sections };
}

export function close({ header, sections }) {
  const parts = sections.map(({ id, content }) => concat([[id], number(content.length), content]));
  return concat([header, ...parts]);
}
