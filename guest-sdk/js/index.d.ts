/**
 * Background tasks in JavaScript and TypeScript.
 *
 * A task is a module that exports `run`. Every call to the host answers at once: there is nothing
 * to await, and a `run` that returns a promise fails, as does one that leaves a rejected promise, or
 * a callback to one (`then`). What the task does is committed in one transaction when `run` returns,
 * and not at all if it throws. Lengths of text are in bytes of
 * UTF-8. Half of a surrogate pair in a string goes to the host as U+FFFD.
 */

import type { Trigger } from "./trigger.d.ts";

export type * from "./trigger.d.ts";

/** What a task's module exports. */
export type Task = (trigger: Trigger) => void;

/**
 * How a task ends when it does not end well; throw one. The host acts on each of these. Anything
 * else that is thrown counts as failed, with its message, and the log has where it was thrown.
 * Messages are kept with the run, cut at 4 KiB.
 */
export class TaskError extends Error {
  private constructor();
  readonly outcome: "failed" | "retry" | "rejected";
  /** Of `retry`: after how many milliseconds. */
  readonly after?: number;
  /**
   * It went wrong. The host tries again with growing pauses, up to the attempt limit, then keeps
   * the trigger as a dead letter with this message.
   */
  static failed(message: string): TaskError;
  /**
   * Not now. The host tries again after so many milliseconds (at most 24 hours), or after a pause
   * of its own. This counts as an attempt.
   */
  static retry(after?: number): TaskError;
  /** Never: trying again cannot help. The host keeps the trigger as a dead letter at once. */
  static rejected(message: string): TaskError;
}

/** Why the host did not do what a task asked of it. The call that failed changed nothing. */
export class BugleError extends Error {
  private constructor();
  readonly code:
    | "invalid-path"
    | "wrong-type"
    | "inexact"
    | "value-too-large"
    | "quota-exceeded"
    | "too-large"
    | "too-many"
    | "invalid"
    | "other";
  /** Of the codes that name a limit: the limit. */
  readonly max?: number;
  /** Of `inexact`, if it is an integer: about what it is. */
  readonly nearest?: number;
}

/** The types of a setting. */
export interface SettingTypes {
  boolean: boolean;
  /** From -(2^53 - 1) to 2^53 - 1. Other languages go to 64 bits. */
  integer: number;
  float: number;
  text: string;
  bytes: Uint8Array;
  /** From 1970 on, in whole milliseconds. */
  timestamp: Date;
}

export type SettingType = keyof SettingTypes;
export type SettingValue = SettingTypes[SettingType];

/**
 * The app's settings: what its tasks remember, and what its user interface reads.
 *
 * A path is names joined by `/`: `unread`, `inbox/unread`. Everything before the last name is a
 * container; containers appear when something is set in them and go with their last setting. A name
 * has 1 to 255 bytes and no `/`; a path has at most 32 names and 1,024 bytes. A value has at most
 * 8 KiB, and an app at most 1 MiB in at most 4,096 settings; a run changes at most 256 KiB of them.
 * Reads see this run's own writes.
 *
 * All of these throw a `BugleError` with the code `invalid-path` for what is no path.
 */
export const localSettings: {
  /** The settings as properties: `values.unread`, `values["inbox/unread"] ??= 0`. */
  values: Record<string, SettingValue | undefined>;
  /**
   * What is set at a path; `undefined` where nothing is.
   *
   * @throws {BugleError} `wrong-type`, if it is of another type than the one that was asked for;
   * `inexact`, if a number of JavaScript cannot hold it: an integer beyond 2^53 - 1, that a task in
   * another language wrote.
   */
  get(path: string): SettingValue | undefined;
  get<T extends SettingType>(path: string, type: T): SettingTypes[T] | undefined;
  /**
   * Sets a value, in place of whatever value and type was there. A number without a fraction
   * becomes an integer, unless `type` is `"float"`.
   *
   * @throws {BugleError} `value-too-large`, `quota-exceeded` or `too-many`. Nothing was set.
   * @throws {RangeError} An integer that may not be exact: a bigint or a number without a fraction
   * beyond 2^53 - 1.
   */
  set(path: string, value: SettingValue | bigint, type?: SettingType): void;
  /** Whether something is set at a path. */
  has(path: string): boolean;
  /**
   * Removes a setting; says whether there was one.
   *
   * @throws {BugleError} `quota-exceeded`: the run has changed 256 KiB, in which the path of what
   * goes counts. Nothing went.
   */
  delete(path: string): boolean;
  /**
   * Removes a container and all in it, without one all settings. Says how many went.
   *
   * @throws {BugleError} `quota-exceeded`, as for `delete`: the paths of all that goes count.
   */
  clear(container?: string): number;
  /** The names of the settings in a container, without one the app's root; in order of bytes. */
  keys(container?: string): string[];
  /** The names of the containers in a container, without one the app's root; in order of bytes. */
  containers(container?: string): string[];
  /** 0 at first: for an app to know what shape its data has. */
  version: number;
};

/** How insistent a toast is; `quiet` goes straight to the list of past toasts. */
export type Scenario = "standard" | "reminder" | "alarm" | "incoming-call" | "quiet";

export interface Toast {
  /** At least 1 byte. */
  title: string;
  /** Lines are separated by line feeds; a sink shows at least the first two. */
  body?: string;
  /** Where it comes from, in small print. */
  attribution?: string;
  /** Handed back when the toast itself is chosen. */
  argument?: string;
  image?: ToastImage;
  /** What a person can choose; at most 5. */
  actions?: readonly ToastAction[];
  /** What a person can fill in; at most 5, each with an id of its own. */
  inputs?: readonly ToastInput[];
  progress?: ToastProgress;
  scenario?: Scenario;
  /** Makes no sound. */
  silent?: boolean;
  /** With `group`, names the toast: a later one of the same name replaces it. 1 to 64 bytes. */
  tag?: string;
  /** 1 to 64 bytes. */
  group?: string;
  /** When to take it away, in milliseconds: at most 3 days, which is also the default. */
  expiresAfter?: number;
  /** For one kind of sink (a sound, a colour); what is not known is ignored. At most 16. */
  hints?: Readonly<Record<string, string>>;
}

export interface ToastImage {
  /**
   * A path inside the app's own folder, or an `https:` address on a host that the manifest allows.
   * At most 1,024 bytes.
   */
  uri: string;
  alternativeText?: string;
  /** `inline` unless said. */
  placement?: "inline" | "app-logo" | "hero";
}

export interface ToastAction {
  label: string;
  /** Handed back as the `argument` of the trigger. */
  argument?: string;
  /** Opens the app instead of waking the task. */
  foreground?: boolean;
}

export interface ToastInput {
  id: string;
  label?: string;
  placeholder?: string;
  /** Without any it is free text; at most 5. */
  choices?: readonly { id: string; label: string }[];
}

export interface ToastProgress {
  title?: string;
  status: string;
  /** 0 to 1, others are clamped; without one, "some time yet". */
  fraction?: number;
  /** Shown in place of the percentage. */
  valueText?: string;
}

/**
 * Notices for the person. They are raised when the run is committed, not before. All text is plain
 * text. At most 8 toasts a run, each at most 5 KiB, at most 32 updates and hides a run, and 60
 * toasts an hour for an app.
 *
 * What changes toasts throws a `BugleError`: `too-large`, `too-many`, or `invalid` for a field that
 * is not as documented; and a `TypeError` for a field of another type or an unknown name. What was
 * raised before stays.
 */
export const toasts: {
  /** Whether the person wants this app's toasts. If not, all of this still succeeds. */
  readonly permitted: boolean;
  /** Raises a toast, in place of one with the same tag and group. */
  show(toast: Toast): void;
  /**
   * Changes a toast if it is still there; what is not named stays. `sequence` orders updates that
   * may overtake one another: one that is not above the last is ignored; 0, the default, always
   * applies.
   */
  update(
    toast: { tag: string; group?: string; sequence?: number },
    change: { title?: string; body?: string; progress?: ToastProgress },
  ): void;
  /** Takes one toast away; without a tag the whole group. */
  hide(toast: { tag?: string; group?: string }): void;
  /** Takes all of the app's toasts away. */
  hideAll(): void;
};

export type Glyph =
  | "activity"
  | "alarm"
  | "alert"
  | "attention"
  | "available"
  | "away"
  | "busy"
  | "error"
  | "new-message"
  | "paused"
  | "playing"
  | "unavailable";

/** The mark on the app's icon and on the lock screen. The last one set in a run is committed. */
export const badge: {
  /** The mark as it is now, this run's own change included; `undefined` where there is none. */
  get(): number | Glyph | undefined;
  /** A number is shown as 99+ above 99; 0 clears. */
  set(mark: number | Glyph): void;
  clear(): void;
};

export type CancellationReason =
  | "uninstall"
  | "update"
  | "terminating"
  | "time-limit"
  | "quota"
  | "condition-lost"
  | "requested"
  | (string & {});

/** This run, as the task may know it. */
export const context: {
  /** The app's id, as in its manifest. */
  readonly app: string;
  readonly appVersion: string;
  /** The task's name in the manifest. */
  readonly task: string;
  /** The same on every attempt, for every kind of trigger: use it as an idempotency key. */
  readonly triggerId: string;
  /** New for every attempt. */
  readonly runId: string;
  /** 1 at first. */
  readonly attempt: number;
  /** After this one there is no other. */
  readonly attemptsMax: number;
  /** How much work the run may still do: one unit is about one instruction. */
  readonly remainingFuel: number;
  /** What is left of the run's own time, in milliseconds; 0 in the grace period. */
  readonly remainingTime: number;
  /**
   * Whether the run should end soon, and why. Look now and then in long work: a grace period (1
   * second unless the operator says otherwise) is left from the first answer on.
   */
  readonly cancellation: CancellationReason | undefined;
  /** Whether the run should end soon. */
  readonly cancelled: boolean;
  /** The run's own time, as `Date` has it: it advances with the work done, never by itself. */
  now(): Date;
  /** Bytes of the run's own randomness, at most 4,096 a call. A replayed run gets the same. */
  random(count: number): Uint8Array;
  /** 0 to 100 (more is 100); an app in the foreground sees it. */
  reportProgress(percent: number): void;
  /**
   * Leaves work for the app to do when it is next in the foreground. A later one with the same key
   * replaces it. A key has 1 to 64 bytes, the content at most 8 KiB; text goes as UTF-8.
   *
   * @throws {BugleError} `too-large`, `too-many` (16 keys a run) or `invalid`.
   */
  onResume(key: string, content?: string | Uint8Array | ArrayBuffer): void;
};

/**
 * Lines of the run's log, kept however the run ends: at most 64 KiB in at most 1,000 lines of 2
 * KiB; the rest is cut and counted. `console` writes there too, and formats.
 */
export const log: {
  trace(message: string): void;
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
};
