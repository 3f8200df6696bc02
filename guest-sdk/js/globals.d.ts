// What a task finds beside the language itself. There is no network, no timer and no file in a
// task's world, so `fetch`, `setTimeout` and the like are absent, not empty.

declare global {
  /**
   * Writes to the run's log, by level; objects are shown four levels deep. Nothing here throws.
   */
  var console: {
    trace(...values: unknown[]): void;
    debug(...values: unknown[]): void;
    log(...values: unknown[]): void;
    info(...values: unknown[]): void;
    warn(...values: unknown[]): void;
    error(...values: unknown[]): void;
    assert(condition?: unknown, ...values: unknown[]): void;
    dir(value: unknown): void;
    /** A line for each row. */
    table(rows: unknown): void;
    /** Moves the lines that follow in, up to `groupEnd`. */
    group(...values: unknown[]): void;
    groupCollapsed(...values: unknown[]): void;
    groupEnd(): void;
    count(label?: string): void;
    countReset(label?: string): void;
    /** Times are the run's own, as `performance` has them. */
    time(label?: string): void;
    timeLog(label?: string, ...values: unknown[]): void;
    timeEnd(label?: string): void;
  };

  /** UTF-8 only, whole texts only. */
  class TextDecoder {
    constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
    readonly encoding: string;
    readonly fatal: boolean;
    readonly ignoreBOM: boolean;
    /** @throws {TypeError} If `fatal`: it is not UTF-8; the message says from which byte on. */
    decode(input?: ArrayBuffer | ArrayBufferView): string;
  }

  class TextEncoder {
    readonly encoding: string;
    encode(text?: string): Uint8Array;
    encodeInto(text: string, into: Uint8Array): { read: number; written: number };
  }

  /** The run's own randomness: a replayed run draws the same. */
  var crypto: {
    /** Fills an array of integers, at most 65,536 bytes. */
    getRandomValues<T extends ArrayBufferView>(array: T): T;
    randomUUID(): string;
  };

  var performance: {
    /** Milliseconds of the run's own time since it was first asked: it advances with work done. */
    now(): number;
  };

  /** Copies data. Functions cannot be copied; classes become plain objects. */
  function structuredClone<T>(value: T): T;

  /** Base64 of a string of bytes, one character each. */
  function atob(text: string): string;
  function btoa(text: string): string;
}

export {};
