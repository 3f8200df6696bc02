import { TaskError } from "./outcome";
import { decodeText } from "./text";

/** The kinds of triggers. A manifest names those that a task takes. */
export enum TriggerKind {
  RawNotification,
  ToastActivated,
  ToastDismissed,
  Timer,
  Application,
  ChannelExpiring,
  System,
  Custom,
}

const NAMES: StaticArray<string> = [
  "raw-notification", "toast-activated", "toast-dismissed", "timer",
  "application", "channel-expiring", "system", "custom",
];

/** A name and its value, as in a header or a form. */
export class Pair {
  constructor(public name: string, public value: string) {}
}

export function find(pairs: Array<Pair>, name: string): string | null {
  for (let i = 0; i < pairs.length; i++) {
    if (pairs[i].name == name) return pairs[i].value;
  }
  return null;
}

/** Why the task was woken: the field of its kind is there, the others are null. */
export class Trigger {
  rawNotification: RawNotification | null = null;
  toastActivated: ToastActivation | null = null;
  toastDismissed: ToastDismissal | null = null;
  timer: TimerTick | null = null;
  application: ApplicationRequest | null = null;
  channelExpiring: ChannelExpiry | null = null;
  system: SystemEvent | null = null;
  custom: CustomEvent | null = null;

  constructor(readonly kind: TriggerKind) {}

  /** The kind, as a manifest names it. */
  get kindName(): string {
    return NAMES[this.kind];
  }

  /** How a task ends that takes raw notifications only, and was woken by something else. */
  rejectedKind(): TaskError {
    return TaskError.rejected(
      `this task takes raw notifications only, and was woken by \`${this.kindName}\``,
    );
  }
}

/** A raw push notification, as the sender gave it. Times are milliseconds since 1970. */
export class RawNotification {
  constructor(
    readonly channel: string,
    /** 0 to 5,000 bytes. */
    readonly content: Uint8Array,
    /** At most 255 bytes. */
    readonly contentType: string | null,
    /** Lower-case names; at most 16, at most 4 KiB together. */
    readonly headers: Array<Pair>,
    /** When the host made it durable. */
    readonly receivedAt: u64,
  ) {}

  /** The content as text; null if it is not UTF-8. */
  text(): string | null {
    return decodeText(this.content);
  }

  /** The first header of a name, which is in lower case. */
  header(name: string): string | null {
    return find(this.headers, name);
  }
}

/** Somebody chose a toast, or one of its actions. */
export class ToastActivation {
  constructor(
    readonly tag: string | null,
    readonly group: string | null,
    /** Of the toast or of the action that was chosen. */
    readonly argument: string,
    /** What was typed or selected, by the id of the input; at most 5, at most 2 KiB each. */
    readonly inputs: Array<Pair>,
  ) {}

  /** What was typed or selected in the input of an id. */
  input(id: string): string | null {
    return find(this.inputs, id);
  }
}

export enum Dismissal {
  ByUser,
  ByApp,
  Expired,
}

/** A toast left the screen without being chosen. */
export class ToastDismissal {
  constructor(
    readonly tag: string | null,
    readonly group: string | null,
    readonly reason: Dismissal,
  ) {}
}

/** A timer of the manifest is due. */
export class TimerTick {
  constructor(
    readonly name: string,
    readonly dueAt: u64,
    /** Ticks that passed while the host was down or a condition did not hold. */
    readonly missed: u32,
  ) {}
}

/** The app asked for this run itself; at most 64 KiB. */
export class ApplicationRequest {
  constructor(readonly content: Uint8Array, readonly contentType: string | null) {}
}

/** A channel ends soon: the app should open another and tell its senders. */
export class ChannelExpiry {
  constructor(readonly channel: string, readonly expiresAt: u64) {}
}

/** Something around the app changed. */
export class SystemEvent {
  constructor(
    /** `internet-available`, `user-present`, …, `app-updated`, `other`. */
    readonly name: string,
    /** Of `app-updated` the version before, of `other` what it is. */
    readonly detail: string,
  ) {}
}

/** A trigger of the embedder's own; at most 64 KiB. */
export class CustomEvent {
  constructor(readonly kind: string, readonly content: Uint8Array) {}
}
