/** Text: strings are UTF-16 here, and UTF-8 everywhere else. */

/** The text of UTF-8 bytes; null if they are not UTF-8. */
export function decodeText(bytes: Uint8Array): string | null {
  return decodeAt(bytes.dataStart, bytes.length);
}

/** A text in UTF-8, each half of a surrogate pair as U+FFFD. */
export function encodeText(text: string): Uint8Array {
  return Uint8Array.wrap(String.UTF8.encode(wellFormed(text)));
}

/** Whether the code unit at an index is half of a surrogate pair whose other half is not beside it. */
function isHalf(text: string, at: i32): bool {
  const kind = text.charCodeAt(at) & 0xfc00;
  if (kind == 0xd800) {
    return at + 1 == text.length || (text.charCodeAt(at + 1) & 0xfc00) != 0xdc00;
  }
  return kind == 0xdc00 && (at == 0 || (text.charCodeAt(at - 1) & 0xfc00) != 0xd800);
}

/** The text with U+FFFD, which is as long, for each half of a surrogate pair: itself if it has none. */
export function wellFormed(text: string): string {
  const end = changetype<usize>(text) + (<usize>text.length << 1);
  let at = changetype<usize>(text);
  while (at < end && (load<u16>(at) & 0xf800) != 0xd800) at += 2;
  return at == end ? text : withoutHalves(text);
}

function withoutHalves(text: string): string {
  let made = "";
  let plain = 0;
  for (let at = 0; at < text.length; at++) {
    if (!isHalf(text, at)) continue;
    made += text.substring(plain, at) + "\ufffd";
    plain = at + 1;
  }
  return plain == 0 ? text : made + text.substring(plain);
}

/** How many bytes a text has in UTF-8, which is what the contract's limits count. */
export function byteLength(text: string): i32 {
  return String.UTF8.byteLength(text);
}

/** As `decodeText`, at an address. */
export function decodeAt(from: usize, length: i32): string | null {
  const end = from + <usize>length;
  let at = from;
  while (at < end) {
    const first = load<u8>(at++);
    if (first < 0x80) continue;
    if (first < 0xc2 || first > 0xf4) return null;
    const more: usize = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    if (end - at < more) return null;
    // Shorter forms, surrogates and what lies above U+10FFFF are no text.
    const least: u8 = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const most: u8 = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    const second = load<u8>(at);
    if (second < least || second > most) return null;
    for (let i: usize = 1; i < more; i++) {
      if ((load<u8>(at + i) & 0xc0) != 0x80) return null;
    }
    at += more;
  }
  return String.UTF8.decodeUnsafe(from, length);
}
