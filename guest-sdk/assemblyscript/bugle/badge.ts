import { RESULT } from "./abi";

// @ts-ignore: decorator
@external("bugle:task/badge@0.1.0", "get")
declare function hostGet(result: usize): void;
// @ts-ignore: decorator
@external("bugle:task/badge@0.1.0", "set")
declare function hostSet(tag: u32, payload: u32): void;
// @ts-ignore: decorator
@external("bugle:task/badge@0.1.0", "clear")
declare function hostClear(): void;

export enum Glyph {
  Activity,
  Alarm,
  Alert,
  Attention,
  Available,
  Away,
  Busy,
  Error,
  NewMessage,
  Paused,
  Playing,
  Unavailable,
}

/** A mark: a number, or a glyph. */
export class Mark {
  constructor(readonly isGlyph: bool, readonly number: u32, readonly glyph: Glyph) {}
}

/** The mark on the app's icon and on the lock screen. The last one set in a run is committed. */
export namespace badge {
  /** The mark as it is now, this run's own change included; null where there is none. */
  export function get(): Mark | null {
    hostGet(RESULT);
    if (load<u8>(RESULT) == 0) return null;
    const isGlyph = load<u8>(RESULT, 4) != 0;
    return isGlyph
      ? new Mark(true, 0, <Glyph>load<u8>(RESULT, 8))
      : new Mark(false, load<u32>(RESULT, 8), Glyph.Activity);
  }

  /** Shows a number, as 99+ above 99; 0 clears. */
  export function setNumber(number: u32): void {
    hostSet(0, number);
  }

  /** Shows a sign. */
  export function setGlyph(glyph: Glyph): void {
    hostSet(1, glyph);
  }

  /** Takes the mark away. */
  export function clear(): void {
    hostClear();
  }
}
