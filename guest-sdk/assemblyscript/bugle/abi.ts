/**
 * The canonical ABI of the component model by hand, with strings in UTF-16: a string or a list is
 * an address and a length (of a string: in code units), an option a byte and its value.
 */

import { wellFormed } from "./text";

/** Where the host writes a result that is not one number: the largest of them has 32 bytes. */
export const RESULT: usize = memory.data(40, 8);

/** Where arguments are laid out that are too many to be numbers: a toast has 192 bytes. */
export const ARGUMENTS: usize = memory.data(192, 8);

/** The address of a string, of a copy if it has half a surrogate pair: the host takes none. */
export function pointer(text: string): usize {
  return changetype<usize>(wellFormed(text));
}

/** The string that the host wrote the address and the length of. */
export function textAt(at: usize): string {
  return textOf(load<usize>(at), load<usize>(at + 4));
}

export function textOf(pointer: usize, length: usize): string {
  return length == 0 ? "" : String.UTF16.decodeUnsafe(pointer, length << 1);
}

export function optionOf(isSome: usize, pointer: usize, length: usize): string | null {
  return isSome == 0 ? null : textOf(pointer, length);
}

export function bytesOf(pointer: usize, length: usize): Uint8Array {
  const bytes = new Uint8Array(<i32>length);
  memory.copy(bytes.dataStart, pointer, length);
  return bytes;
}

export function storeText(at: usize, text: string): void {
  store<usize>(at, pointer(text));
  store<usize>(at + 4, text.length);
}

export function storeOption(at: usize, text: string | null): void {
  store<u8>(at, text != null ? 1 : 0);
  if (text != null) storeText(at + 4, text);
}

export function storeList(at: usize, pointer: usize, length: i32): void {
  // An empty list may be anywhere in the memory, but not outside of it.
  store<usize>(at, length == 0 ? 8 : pointer);
  store<usize>(at + 4, length);
}
