// What wakes a task, by the type of the trigger.

/** What woke the task. `type` tells which. */
export type Trigger =
  | RawNotification
  | ToastActivation
  | ToastDismissal
  | TimerTick
  | ApplicationRequest
  | ChannelExpiry
  | SystemEvent
  | CustomEvent;

interface AnyTrigger {
  /**
   * The raw notification, for a task that takes no other trigger.
   *
   * @throws {TaskError} Rejected, if the manifest lets another type wake the task.
   */
  asRawNotification(): RawNotification;
}

interface Content {
  /**
   * The content as text.
   *
   * @throws {TypeError} It is not UTF-8; the message says from which byte on.
   */
  text(): string;
  /**
   * The content as JSON.
   *
   * @throws {TypeError} It is not UTF-8.
   * @throws {SyntaxError} It is not JSON. If nothing catches it, the task has *failed* and is tried
   * again; throw `TaskError.rejected` if that cannot help.
   */
  json(): unknown;
}

/** A raw push notification, as the sender gave it. */
export interface RawNotification extends AnyTrigger, Content {
  readonly type: "raw-notification";
  /** The channel's name in the manifest. */
  readonly channel: string;
  /** 0 to 5,000 bytes. */
  readonly content: Uint8Array;
  /** The sender's media type, if it gave one; at most 255 bytes. */
  readonly contentType?: string;
  /** Headers meant for the task: at most 16, at most 4 KiB together. */
  readonly headers: readonly Pair[];
  /** When the host made it durable. */
  readonly receivedAt: Date;
  /** The first header of a name, which is in lower case. */
  header(name: string): string | undefined;
}

/** Somebody chose a toast, or one of its actions. */
export interface ToastActivation extends AnyTrigger {
  readonly type: "toast-activated";
  readonly tag?: string;
  readonly group?: string;
  /** The `argument` of the toast or of the action that was chosen. */
  readonly argument: string;
  /** What was typed or selected: at most 5, at most 2 KiB each. */
  readonly inputs: readonly Pair[];
  /** What was typed or selected in the input of an id. */
  input(id: string): string | undefined;
}

/** A toast left the screen without being chosen. */
export interface ToastDismissal extends AnyTrigger {
  readonly type: "toast-dismissed";
  readonly tag?: string;
  readonly group?: string;
  readonly reason: "by-user" | "by-app" | "expired";
}

/** A timer of the manifest is due. */
export interface TimerTick extends AnyTrigger {
  readonly type: "timer";
  /** The timer's name in the manifest. */
  readonly name: string;
  readonly dueAt: Date;
  /** Ticks that passed while the host was down or a condition did not hold. */
  readonly missed: number;
}

/** The app asked for this run itself. */
export interface ApplicationRequest extends AnyTrigger, Content {
  readonly type: "application";
  /** At most 64 KiB. */
  readonly content: Uint8Array;
  readonly contentType?: string;
}

/** A channel ends soon: the app should open another and tell its senders. */
export interface ChannelExpiry extends AnyTrigger {
  readonly type: "channel-expiring";
  readonly channel: string;
  readonly expiresAt: Date;
}

/** Something around the app changed. */
export interface SystemEvent extends AnyTrigger {
  readonly type: "system";
  readonly event:
    | "internet-available"
    | "user-present"
    | "user-away"
    | "session-connected"
    | "power-source-changed"
    | "time-zone-changed"
    | "app-updated"
    | "other";
  /** Of `app-updated`, the version before; of `other`, what it is. */
  readonly detail?: string;
}

/** A trigger of the embedder's own. */
export interface CustomEvent extends AnyTrigger, Content {
  readonly type: "custom";
  /** Reverse-DNS, chosen by the embedder, at most 255 bytes. */
  readonly kind: string;
  /** At most 64 KiB. */
  readonly content: Uint8Array;
}

/** A name and its value, as in a header or a form. */
export interface Pair {
  readonly name: string;
  readonly value: string;
}
