import { bytesOf, pointer, RESULT, textAt } from "./abi";
import { Failure, FailureCode } from "./outcome";

// @ts-ignore: decorator
@external("bugle:task/task-context@0.1.0", "app")
declare function hostApp(result: usize): void;
// @ts-ignore: decorator
@external("bugle:task/task-context@0.1.0", "app-version")
declare function hostAppVersion(result: usize): void;
// @ts-ignore: decorator
@external("bugle:task/task-context@0.1.0", "task")
declare function hostTask(result: usize): void;
// @ts-ignore: decorator
@external("bugle:task/task-context@0.1.0", "trigger-id")
declare function hostTriggerId(result: usize): void;
// @ts-ignore: decorator
@external("bugle:task/task-context@0.1.0", "run-id")
declare function hostRunId(result: usize): void;
// @ts-ignore: decorator
@external("bugle:task/task-context@0.1.0", "attempt")
declare function hostAttempt(): u32;
// @ts-ignore: decorator
@external("bugle:task/task-context@0.1.0", "attempts-max")
declare function hostAttemptsMax(): u32;
// @ts-ignore: decorator
@external("bugle:task/task-context@0.1.0", "now")
declare function hostNow(): u64;
// @ts-ignore: decorator
@external("bugle:task/task-context@0.1.0", "random")
declare function hostRandom(count: u32, result: usize): void;
// @ts-ignore: decorator
@external("bugle:task/task-context@0.1.0", "remaining-fuel")
declare function hostRemainingFuel(): u64;
// @ts-ignore: decorator
@external("bugle:task/task-context@0.1.0", "remaining-time")
declare function hostRemainingTime(): u32;
// @ts-ignore: decorator
@external("bugle:task/task-context@0.1.0", "cancellation")
declare function hostCancellation(result: usize): void;
// @ts-ignore: decorator
@external("bugle:task/task-context@0.1.0", "report-progress")
declare function hostReportProgress(percent: u32): void;
// @ts-ignore: decorator
@external("bugle:task/task-context@0.1.0", "on-resume")
declare function hostOnResume(
  key: usize, keyLength: usize, content: usize, contentLength: usize, result: usize,
): void;

export enum CancellationReason {
  Uninstall,
  Update,
  Terminating,
  TimeLimit,
  Quota,
  ConditionLost,
  Requested,
  /** What a later version of the contract may add. */
  Other,
}

/** Why a run should end soon. */
export class Cancellation {
  constructor(
    readonly reason: CancellationReason,
    /** Of `Other`: what it is. */
    readonly detail: string,
  ) {}
}

/** This run, as the task may know it. Times are milliseconds. */
export namespace context {
  /** The app's id, as in its manifest. */
  export function app(): string {
    hostApp(RESULT);
    return textAt(RESULT);
  }

  /** The app's version, as in its manifest. */
  export function appVersion(): string {
    hostAppVersion(RESULT);
    return textAt(RESULT);
  }

  /** The task's name in the manifest. */
  export function task(): string {
    hostTask(RESULT);
    return textAt(RESULT);
  }

  /** The trigger's id, the same on every attempt: use it as an idempotency key. */
  export function triggerId(): string {
    hostTriggerId(RESULT);
    return textAt(RESULT);
  }

  /** The run's id, new for every attempt. */
  export function runId(): string {
    hostRunId(RESULT);
    return textAt(RESULT);
  }

  /** Which attempt this is; 1 at first. */
  export function attempt(): u32 {
    return hostAttempt();
  }

  /** After this attempt there is no other. */
  export function attemptsMax(): u32 {
    return hostAttemptsMax();
  }

  /** The run's own time: it starts at the run's start and advances with the work done. */
  export function now(): u64 {
    return hostNow();
  }

  /** Bytes of the run's own randomness; at most 4,096 a call. A replayed run gets the same. */
  export function random(count: u32): Uint8Array {
    hostRandom(count, RESULT);
    return bytesOf(load<usize>(RESULT), load<usize>(RESULT, 4));
  }

  /** How much work the run may still do: one unit is about one instruction. */
  export function remainingFuel(): u64 {
    return hostRemainingFuel();
  }

  /** What is left of the run's own time; 0 in the grace period. */
  export function remainingTime(): u32 {
    return hostRemainingTime();
  }

  /**
   * Why the run should end soon; null if it need not. A grace period is left from the first answer
   * on.
   */
  export function cancellation(): Cancellation | null {
    hostCancellation(RESULT);
    if (load<u8>(RESULT) == 0) return null;
    const reason = <CancellationReason>load<u8>(RESULT, 4);
    const detail = reason == CancellationReason.Other ? textAt(RESULT + 8) : "";
    return new Cancellation(reason, detail);
  }

  /** How far the run is, in percent (more than 100 is 100). */
  export function reportProgress(percent: u32): void {
    hostReportProgress(percent);
  }

  /**
   * Leaves work for the app to do when it is next in the foreground; a later one with the same key
   * replaces it. A key has 1 to 64 bytes, content at most 8 KiB, and a run leaves at most 16 keys.
   */
  export function onResume(key: string, content: Uint8Array): Failure | null {
    hostOnResume(pointer(key), key.length, content.dataStart, content.length, RESULT);
    if (load<u8>(RESULT) == 0) return null;
    const tag = load<u8>(RESULT, 4);
    const limit = load<u32>(RESULT, 8);
    if (tag == 0) {
      return new Failure(
        FailureCode.TooLarge,
        `the work \`${key}\` for the app is too large: it may have ${limit} bytes`,
      );
    }
    if (tag == 1) {
      return new Failure(
        FailureCode.TooMany,
        `too much work for the app: no room for \`${key}\`, there may be ${limit} keys`,
      );
    }
    const reason = textAt(RESULT + 8);
    return tag == 2
      ? new Failure(FailureCode.Invalid, `the work \`${key}\` for the app is not valid: ${reason}`)
      : new Failure(FailureCode.Other, `the host refused: ${reason}`);
  }
}
