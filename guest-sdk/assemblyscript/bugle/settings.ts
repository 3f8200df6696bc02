import { bytesOf, pointer, RESULT, textAt } from "./abi";
import { Failure, FailureCode } from "./outcome";

// @ts-ignore: decorator
@external("bugle:task/local-settings@0.1.0", "get")
declare function hostGet(path: usize, length: usize, result: usize): void;
// @ts-ignore: decorator
@external("bugle:task/local-settings@0.1.0", "set")
declare function hostSet(
  path: usize, length: usize, tag: u32, first: u64, second: usize, result: usize,
): void;
// @ts-ignore: decorator
@external("bugle:task/local-settings@0.1.0", "remove")
declare function hostRemove(path: usize, length: usize, result: usize): void;
// @ts-ignore: decorator
@external("bugle:task/local-settings@0.1.0", "clear")
declare function hostClear(container: usize, length: usize, result: usize): void;
// @ts-ignore: decorator
@external("bugle:task/local-settings@0.1.0", "items")
declare function hostItems(
  container: usize, length: usize, hasAfter: u32, after: usize, afterLength: usize, limit: u32,
  result: usize,
): void;
// @ts-ignore: decorator
@external("bugle:task/local-settings@0.1.0", "version")
declare function hostVersion(): u32;
// @ts-ignore: decorator
@external("bugle:task/local-settings@0.1.0", "set-version")
declare function hostSetVersion(version: u32): void;

/** The most items that the host gives at once. */
const PAGE_ITEMS: u32 = 256;

const TYPES: StaticArray<string> = ["boolean", "integer", "float", "text", "bytes", "timestamp"];

const enum Type {
  Boolean,
  Integer,
  Float,
  Text,
  Bytes,
  Timestamp,
}

/** What reading a setting gave: look at `failure` first. */
export class Got<T> {
  constructor(
    /** The value; the fallback where nothing is set. */
    readonly value: T,
    readonly isSet: bool,
    readonly failure: Failure | null,
  ) {}
}

/** One entry of a container. */
export class Item {
  constructor(readonly name: string, readonly isContainer: bool) {}
}

function refused(path: string, at: usize): Failure {
  const tag = load<u8>(at);
  const limit = load<u32>(at, 4);
  if (tag == 1) {
    const most = `it may have ${limit} bytes`;
    const message = `the value for the setting \`${path}\` is too large: ${most}`;
    return new Failure(FailureCode.ValueTooLarge, message);
  }
  if (tag == 2) {
    const message = `no room for the setting \`${path}\`: there may be ${limit} bytes in all`;
    return new Failure(FailureCode.QuotaExceeded, message);
  }
  if (tag == 3) {
    const message = `no room for the setting \`${path}\`: there may be ${limit} settings`;
    return new Failure(FailureCode.TooMany, message);
  }
  const reason = textAt(at + 4);
  return tag == 0
    ? new Failure(FailureCode.InvalidPath, `\`${path}\` is not the path of a setting: ${reason}`)
    : new Failure(FailureCode.Other, `the host refused: ${reason}`);
}

/** Whether a value of the type is set; its payload is at `RESULT + 24`. */
function isSet(path: string, type: Type): bool {
  hostGet(pointer(path), path.length, RESULT);
  return load<u8>(RESULT) == 0 && load<u8>(RESULT, 8) != 0 && load<u8>(RESULT, 16) == type;
}

/** Why there is none, after `isSet` said so; null where nothing is set. */
function whyNot(path: string, type: Type): Failure | null {
  if (load<u8>(RESULT) != 0) return refused(path, RESULT + 8);
  if (load<u8>(RESULT, 8) == 0) return null;
  const found = TYPES[load<u8>(RESULT, 16)];
  const message = `the setting \`${path}\` is of the type ${found}, not ${TYPES[type]}`;
  return new Failure(FailureCode.WrongType, message);
}

function set(path: string, type: Type, first: u64, second: usize): Failure | null {
  hostSet(pointer(path), path.length, type, first, second, RESULT);
  return load<u8>(RESULT) == 0 ? null : refused(path, RESULT + 4);
}

/**
 * The app's settings: what its tasks remember, and what its user interface reads.
 *
 * A path is names joined by `/`: `inbox/unread`. A name has 1 to 255 bytes; a path has at most 32
 * names and 1,024 bytes. A value has at most 8 KiB, and an app at most 1 MiB in 4,096 settings.
 * Reads see this run's own writes; writes are committed with the rest of the run.
 *
 * The `get` functions fail with `WrongType` and `InvalidPath`, the `set` functions with
 * `ValueTooLarge`, `QuotaExceeded`, `TooMany` and `InvalidPath`, `remove` and `clear` with
 * `InvalidPath`, and with `QuotaExceeded` if a run may not change more.
 */
export namespace settings {
  export function getBoolean(path: string, fallback: bool = false): Got<bool> {
    return isSet(path, Type.Boolean)
      ? new Got<bool>(load<u8>(RESULT, 24) != 0, true, null)
      : new Got<bool>(fallback, false, whyNot(path, Type.Boolean));
  }

  export function getInteger(path: string, fallback: i64 = 0): Got<i64> {
    return isSet(path, Type.Integer)
      ? new Got<i64>(load<i64>(RESULT, 24), true, null)
      : new Got<i64>(fallback, false, whyNot(path, Type.Integer));
  }

  export function getFloat(path: string, fallback: f64 = 0): Got<f64> {
    return isSet(path, Type.Float)
      ? new Got<f64>(load<f64>(RESULT, 24), true, null)
      : new Got<f64>(fallback, false, whyNot(path, Type.Float));
  }

  export function getText(path: string, fallback: string = ""): Got<string> {
    return isSet(path, Type.Text)
      ? new Got<string>(textAt(RESULT + 24), true, null)
      : new Got<string>(fallback, false, whyNot(path, Type.Text));
  }

  /** Empty where nothing is set. */
  export function getBytes(path: string): Got<Uint8Array> {
    return isSet(path, Type.Bytes)
      ? new Got<Uint8Array>(bytesOf(load<usize>(RESULT, 24), load<usize>(RESULT, 28)), true, null)
      : new Got<Uint8Array>(new Uint8Array(0), false, whyNot(path, Type.Bytes));
  }

  /** Milliseconds since 1970. */
  export function getTimestamp(path: string, fallback: u64 = 0): Got<u64> {
    return isSet(path, Type.Timestamp)
      ? new Got<u64>(load<u64>(RESULT, 24), true, null)
      : new Got<u64>(fallback, false, whyNot(path, Type.Timestamp));
  }

  export function setBoolean(path: string, value: bool): Failure | null {
    return set(path, Type.Boolean, value ? 1 : 0, 0);
  }

  export function setInteger(path: string, value: i64): Failure | null {
    return set(path, Type.Integer, value, 0);
  }

  export function setFloat(path: string, value: f64): Failure | null {
    return set(path, Type.Float, reinterpret<u64>(value), 0);
  }

  export function setText(path: string, value: string): Failure | null {
    return set(path, Type.Text, pointer(value), value.length);
  }

  export function setBytes(path: string, value: Uint8Array): Failure | null {
    return set(path, Type.Bytes, value.dataStart, value.length);
  }

  /** Milliseconds since 1970. A time before that, as a negative number, fails with `Invalid`. */
  export function setTimestamp(path: string, value: u64): Failure | null {
    if (value > <u64>i64.MAX_VALUE) {
      const message = `the value for the setting \`${path}\` is no time from 1970-01-01T00:00:00Z on`;
      return new Failure(FailureCode.Invalid, message);
    }
    return set(path, Type.Timestamp, value, 0);
  }

  /** Removes a setting; `value` says whether there was one. */
  export function remove(path: string): Got<bool> {
    hostRemove(pointer(path), path.length, RESULT);
    const failure: Failure | null = load<u8>(RESULT) == 0 ? null : refused(path, RESULT + 4);
    const was = failure == null && load<u8>(RESULT, 4) != 0;
    return new Got<bool>(was, was, failure);
  }

  /** Removes a container and all in it (the empty path clears the app); how many settings went. */
  export function clear(container: string): Got<u32> {
    hostClear(pointer(container), container.length, RESULT);
    const failure: Failure | null = load<u8>(RESULT) == 0 ? null : refused(container, RESULT + 4);
    return new Got<u32>(failure == null ? load<u32>(RESULT, 4) : 0, failure == null, failure);
  }

  /**
   * At most 256 entries of a container (the empty path is the app's root) in the order of the bytes
   * of their names, after the name `after`, or from the first. An empty list is the end.
   */
  export function items(container: string, after: string | null = null): Got<Array<Item>> {
    const from = after == null ? "" : after;
    const hasAfter: u32 = after == null ? 0 : 1;
    hostItems(
      pointer(container), container.length, hasAfter, pointer(from), from.length, PAGE_ITEMS,
      RESULT,
    );
    const items = new Array<Item>();
    if (load<u8>(RESULT) != 0) return new Got(items, false, refused(container, RESULT + 4));
    const start = load<usize>(RESULT, 4);
    const count = load<usize>(RESULT, 8);
    for (let i: usize = 0; i < count; i++) {
      const at = start + 12 * i;
      items.push(new Item(textAt(at), load<u8>(at, 8) != 0));
    }
    return new Got(items, true, null);
  }

  /** The version of the app's settings, 0 at first: what shape its data has. */
  export function version(): u32 {
    return hostVersion();
  }

  export function setVersion(version: u32): void {
    hostSetVersion(version);
  }
}
