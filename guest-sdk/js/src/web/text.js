// UTF-8 by what the engine has in native code: a loop over bytes in JavaScript costs some 40 times
// as much. `escape` and `unescape` are the old pair of `decodeURIComponent` and
// `encodeURIComponent` that makes one character of each byte.

import { host } from "../host.js";

const LABELS = ["utf-8", "utf8", "unicode-1-1-utf-8"];
/** Written out by sixteen: the engine's loop over one class costs twice as much a byte. */
const ASCII = new RegExp(`^(?:${"[\\x00-\\x7f]".repeat(16)})*[\\x00-\\x7f]{0,15}$`);
/** The byte order mark. */
const MARK = 0xfeff;
/** The most characters that are made in one call: below what any engine takes as arguments. */
const CHUNK = 8_192;

/** A string with a character for each byte. */
const characters = Uint8Array.prototype.toBase64
  ? (bytes) => atob(bytes.toBase64())
  : (bytes) => {
      let text = "";
      for (let at = 0; at < bytes.length; at += CHUNK) {
        text += String.fromCharCode.apply(null, bytes.subarray(at, at + CHUNK));
      }
      return text;
    };

/** Throws `URIError` where the bytes are not UTF-8. */
function decodeWhole(bytes) {
  const text = characters(bytes);
  return ASCII.test(text) ? text : decodeURIComponent(escape(text));
}

/** How many bytes from `at` on make a character; below 0, how many are the start of none. */
function step(bytes, at) {
  const lead = bytes[at];
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return -1;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (!(bytes[at + 1] >= low && bytes[at + 1] <= high)) return -1;
  for (let more = 2; more < length; more += 1) {
    if ((bytes[at + more] & 0xc0) !== 0x80) return -more;
  }
  return length;
}

/** With U+FFFD in place of each sequence that is none. */
function decodeLossy(bytes) {
  let text = "";
  let from = 0;
  let at = 0;
  while (at < bytes.length) {
    const length = step(bytes, at);
    if (length < 0) {
      if (from < at) text += decodeWhole(bytes.subarray(from, at));
      text += "\ufffd";
      from = at - length;
    }
    at += Math.abs(length);
  }
  return from < at ? text + decodeWhole(bytes.subarray(from)) : text;
}

function firstFault(bytes) {
  let at = 0;
  for (let length = 1; length > 0; at += Math.max(length, 0)) length = step(bytes, at);
  return at;
}

function bytesOf(input) {
  if (input === undefined) return new Uint8Array();
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  if (ArrayBuffer.isView(input)) {
    return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  }
  throw new TypeError("`TextDecoder` decodes an ArrayBuffer or a view of one");
}

/** UTF-8 only, and no streams. */
export class TextDecoder {
  constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
    if (!LABELS.includes(String(label).trim().toLowerCase())) {
      throw new RangeError(`\`TextDecoder\` knows UTF-8 only, not \`${label}\``);
    }
    this.encoding = "utf-8";
    this.fatal = Boolean(fatal);
    this.ignoreBOM = Boolean(ignoreBOM);
  }

  decode(input, options) {
    if (options?.stream) {
      throw new TypeError("`TextDecoder` decodes whole texts only: there are no streams");
    }
    const bytes = input instanceof Uint8Array ? input : bytesOf(input);
    const text = host.shortcuts?.ascii(bytes) ?? decodeAll(bytes, this.fatal);
    return text.charCodeAt(0) === MARK && !this.ignoreBOM ? text.slice(1) : text;
  }
}

function decodeAll(bytes, fatal) {
  try {
    return decodeWhole(bytes);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    if (fatal) throw new TypeError(`the bytes are not UTF-8 from byte ${firstFault(bytes)} on`);
    return decodeLossy(bytes);
  }
}

export class TextEncoder {
  encoding = "utf-8";

  /** Halves of surrogate pairs become U+FFFD. */
  encode(text = "") {
    const characters = unescape(encodeURIComponent(String(text).toWellFormed()));
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(btoa(characters));
    return Uint8Array.from(characters, (character) => character.charCodeAt(0));
  }

  encodeInto(text, into) {
    let [read, written] = [0, 0];
    for (const character of String(text)) {
      const bytes = this.encode(character);
      if (written + bytes.length > into.length) break;
      into.set(bytes, written);
      read += character.length;
      written += bytes.length;
    }
    return { read, written };
  }
}
