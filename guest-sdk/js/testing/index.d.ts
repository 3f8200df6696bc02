import type { CancellationReason, Glyph, SettingValue, SystemEvent } from "../index.js";
import type { Task, Toast } from "../index.js";

/** A trigger with only what the test cares about. */
export type TriggerInput =
  | {
      type: "raw-notification";
      channel?: string;
      content?: string | Uint8Array;
      contentType?: string;
      headers?: Record<string, string>;
      receivedAt?: Date;
    }
  | {
      type: "toast-activated";
      tag?: string;
      group?: string;
      argument?: string;
      inputs?: Record<string, string>;
    }
  | {
      type: "toast-dismissed";
      tag?: string;
      group?: string;
      reason?: "by-user" | "by-app" | "expired";
    }
  | { type: "timer"; name: string; dueAt?: Date; missed?: number }
  | { type: "application"; content?: string | Uint8Array; contentType?: string }
  | { type: "channel-expiring"; channel?: string; expiresAt?: Date }
  | { type: "system"; event: SystemEvent["event"]; detail?: string }
  | { type: "custom"; kind: string; content?: string | Uint8Array };

/** What wakes the task, and what it finds. */
export interface WakeOptions {
  /** The content of a raw notification on the channel `inbox`: at most 5,000 bytes. */
  push?: string | Uint8Array;
  /** Any other trigger. */
  trigger?: TriggerInput;
  /** The app's settings before, by path. */
  settings?: Record<string, SettingValue>;
  settingsVersion?: number;
  badge?: number | Glyph;
  /** When the run starts; 2024-01-01T00:00:00Z unless said. */
  now?: Date;
  app?: string;
  appVersion?: string;
  task?: string;
  attempt?: number;
  attemptsMax?: number;
  /** The run is to end soon, from its start on. */
  cancellation?: CancellationReason;
  /** `false`: nobody wants the app's toasts. */
  toasts?: boolean;
  /** How many toasts the app may still raise in this hour; 60 unless said. */
  toastsLeft?: number;
  /** Hosts from which the manifest allows images. */
  imageHosts?: string[];
}

export type Outcome =
  | { type: "completed" }
  | { type: "failed"; message: string }
  | { type: "rejected"; message: string }
  | { type: "retry"; after?: number };

export interface ToastKey {
  tag?: string;
  group?: string;
}

/**
 * What came of a run: the app as it is afterwards, and what the run did. After any end but a good
 * one the app is as it was before, and only the log tells.
 */
export class Report {
  private constructor();
  readonly outcome: Outcome;
  /** The app's settings, by path. */
  readonly settings: Record<string, SettingValue>;
  readonly settingsVersion: number;
  readonly badge: number | Glyph | undefined;
  /**
   * The toasts that the run raised, in order, with all defaults; none where they are not wanted.
   */
  readonly toasts: Toast[];
  /** What the run changed in toasts that were there, in order. */
  readonly toastChanges: ({ update: ToastKey & Partial<Toast> } | { hide: ToastKey })[];
  /** Work that the run left for the app, by key. */
  readonly resumeWork: Record<string, Uint8Array>;
  /** How far the run said that it got, in percent. */
  readonly progress: number | undefined;
  readonly log: { level: "trace" | "debug" | "info" | "warn" | "error"; message: string }[];
  /** Lines that were over the log's limits. */
  readonly logLinesDropped: number;
  /** The messages of the log, a line each. */
  readonly logText: string;
  /** The outcome and the log: what a failed assertion should show. */
  toString(): string;
}

/** Wakes a task once, on a host of its own in this process. */
export function wake(run: Task, options?: WakeOptions): Report;
