import { pointer } from "./abi";

// @ts-ignore: decorator
@external("bugle:task/log@0.1.0", "write")
declare function hostWrite(level: u32, message: usize, length: usize): void;

export enum Level {
  Trace,
  Debug,
  Info,
  Warn,
  Error,
}

/**
 * What a task has to say to its author. Kept with the run, however it ends: at most 64 KiB in at
 * most 1,000 lines of 2 KiB; the rest is cut and counted.
 */
export namespace log {
  export function write(level: Level, message: string): void {
    hostWrite(level, pointer(message), message.length);
  }

  /** For whoever follows each step. */
  export function trace(message: string): void {
    write(Level.Trace, message);
  }

  /** For whoever looks for a fault. */
  export function debug(message: string): void {
    write(Level.Debug, message);
  }

  /** For whoever wants to know what happened. */
  export function info(message: string): void {
    write(Level.Info, message);
  }

  /** About what should not be, and was got over. */
  export function warn(message: string): void {
    write(Level.Warn, message);
  }

  /** About what went wrong. */
  export function error(message: string): void {
    write(Level.Error, message);
  }
}
