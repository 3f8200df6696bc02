/** Text: strings are UTF-16 here, and UTF-8 everywhere else. */

/** The text of UTF-8 bytes; null if they are not UTF-8. */
export function decodeText(bytes: Uint8Array): string | null {
  return decodeAt(bytes.dataStart, bytes.length);
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
