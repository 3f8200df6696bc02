/** How things end when they do not end well. AssemblyScript has no `catch`: errors are values. */

/** Which of the contract's errors it is. */
export enum FailureCode {
  InvalidPath,
  WrongType,
  ValueTooLarge,
  QuotaExceeded,
  TooLarge,
  TooMany,
  Invalid,
  Other,
}

/** Why the host did not do what the task asked. The call that failed changed nothing. */
export class Failure {
  constructor(
    public code: FailureCode,
    /** A sentence for the author: what is wrong with what. */
    public message: string,
  ) {}
}

export enum TaskErrorKind {
  Failed,
  Retry,
  Rejected,
}

/** The longest pause that the contract knows: 24 hours. */
const RETRY_MS_MAX: u32 = 24 * 60 * 60 * 1000;

/** How a task ends when it does not end well. Messages are kept with the run, cut at 4 KiB. */
export class TaskError {
  private constructor(
    readonly kind: TaskErrorKind,
    readonly message: string,
    /** Milliseconds; negative leaves the pause to the host. */
    readonly pause: i64,
  ) {}

  /**
   * It went wrong. The host tries again with growing pauses, up to the attempt limit, then keeps
   * the trigger as a dead letter with this message.
   */
  static failed(message: string): TaskError {
    return new TaskError(TaskErrorKind.Failed, message, -1);
  }

  /** It went wrong because a call failed. */
  static from(failure: Failure): TaskError {
    return TaskError.failed(failure.message);
  }

  /** Not now. The host tries again after a pause of its own. This counts as an attempt. */
  static retry(): TaskError {
    return new TaskError(TaskErrorKind.Retry, "", -1);
  }

  /** Not now. The host tries again after a pause in milliseconds: at most 24 hours. */
  static retryAfter(pause: u32): TaskError {
    return new TaskError(TaskErrorKind.Retry, "", min(pause, RETRY_MS_MAX));
  }

  /** Never: this trigger will not succeed however often it is tried. A dead letter at once. */
  static rejected(message: string): TaskError {
    return new TaskError(TaskErrorKind.Rejected, message, -1);
  }
}
