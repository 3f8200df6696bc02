import { ARGUMENTS, pointer, RESULT, storeList, storeOption, storeText, textAt } from "./abi";
import { Failure, FailureCode } from "./outcome";
import { Pair } from "./trigger";

// @ts-ignore: decorator
@external("bugle:task/toasts@0.1.0", "permitted")
declare function hostPermitted(): u32;
// @ts-ignore: decorator
@external("bugle:task/toasts@0.1.0", "show")
declare function hostShow(toast: usize, result: usize): void;
// @ts-ignore: decorator
@external("bugle:task/toasts@0.1.0", "update")
declare function hostUpdate(all: usize, result: usize): void;
// @ts-ignore: decorator
@external("bugle:task/toasts@0.1.0", "hide")
declare function hostHide(
  hasTag: u32, tag: usize, tagLength: usize, hasGroup: u32, group: usize, groupLength: usize,
  result: usize,
): void;

/** How insistent a toast is; `Quiet` goes straight to the list of past toasts. */
export enum Scenario {
  Standard,
  Reminder,
  Alarm,
  IncomingCall,
  Quiet,
}

/** Where an image goes. */
export enum Placement {
  Inline,
  AppLogo,
  Hero,
}

/** A path inside the app's folder, or an `https:` address that the manifest allows: 1,024 bytes. */
export class Image {
  constructor(
    public uri: string,
    public alternativeText: string,
    public placement: Placement = Placement.Inline,
  ) {}
}

/** What a person can choose; `foreground` opens the app instead of waking the task. */
export class Action {
  constructor(public label: string, public argument: string, public foreground: bool = false) {}
}

export class Choice {
  constructor(public id: string, public label: string) {}
}

/** What a person can fill in: free text, or a choice among at most 5. */
export class Input {
  label: string | null = null;
  placeholder: string | null = null;
  choices: Array<Choice> = [];

  constructor(public id: string) {}
}

export class Progress {
  title: string | null = null;
  /** 0 to 1; not a number for "some time yet". */
  fraction: f64 = NaN;
  /** Shown in place of the percentage. */
  valueText: string | null = null;

  constructor(public status: string) {}
}

/** A toast; set what it has besides a title. */
export class Toast {
  /** Lines are separated by line feeds; a sink shows at least the first two. */
  body: string = "";
  /** Where it comes from, in small print. */
  attribution: string | null = null;
  /** Handed back when the toast itself is chosen. */
  argument: string = "";
  image: Image | null = null;
  /** At most 5. */
  actions: Array<Action> = [];
  /** At most 5, each with an id of its own. */
  inputs: Array<Input> = [];
  progress: Progress | null = null;
  scenario: Scenario = Scenario.Standard;
  silent: bool = false;
  /** With `group`, names the toast: a later one of the same name replaces it. 1 to 64 bytes. */
  tag: string | null = null;
  /** 1 to 64 bytes. */
  group: string | null = null;
  /** When to take it away, in milliseconds; at most 3 days, which 0 gives. */
  expiresAfter: u32 = 0;
  /** Names and values for one kind of sink; at most 16. */
  hints: Array<Pair> = [];

  /** A title has at least 1 byte. */
  constructor(public title: string) {}
}

/** Changes to a toast that is already shown; what is null stays. */
export class ToastUpdate {
  title: string | null = null;
  body: string | null = null;
  progress: Progress | null = null;
}

function storeActions(at: usize, actions: Array<Action>): void {
  const list = heap.alloc(20 * max(actions.length, 1));
  for (let i = 0; i < actions.length; i++) {
    const to = list + 20 * i;
    storeText(to, actions[i].label);
    storeText(to + 8, actions[i].argument);
    store<u8>(to, actions[i].foreground ? 1 : 0, 16);
  }
  storeList(at, list, actions.length);
}

function storeInputs(at: usize, inputs: Array<Input>): void {
  const list = heap.alloc(40 * max(inputs.length, 1));
  for (let i = 0; i < inputs.length; i++) {
    const to = list + 40 * i;
    const choices = inputs[i].choices;
    storeText(to, inputs[i].id);
    storeOption(to + 8, inputs[i].label);
    storeOption(to + 20, inputs[i].placeholder);
    const chosen = heap.alloc(16 * max(choices.length, 1));
    for (let j = 0; j < choices.length; j++) {
      storeText(chosen + 16 * j, choices[j].id);
      storeText(chosen + 16 * j + 8, choices[j].label);
    }
    storeList(to + 32, chosen, choices.length);
  }
  storeList(at, list, inputs.length);
}

function storeHints(at: usize, hints: Array<Pair>): void {
  const list = heap.alloc(16 * max(hints.length, 1));
  for (let i = 0; i < hints.length; i++) {
    storeText(list + 16 * i, hints[i].name);
    storeText(list + 16 * i + 8, hints[i].value);
  }
  storeList(at, list, hints.length);
}

function storeProgress(at: usize, progress: Progress | null): void {
  store<u8>(at, progress != null ? 1 : 0);
  if (progress == null) return;
  storeOption(at + 8, progress.title);
  storeText(at + 20, progress.status);
  store<u8>(at, isNaN(progress.fraction) ? 0 : 1, 32);
  store<f64>(at, progress.fraction, 40);
  storeOption(at + 48, progress.valueText);
}

function storeToast(at: usize, toast: Toast): void {
  storeText(at, toast.title);
  storeText(at + 8, toast.body);
  storeOption(at + 16, toast.attribution);
  storeText(at + 28, toast.argument);
  const image = toast.image;
  store<u8>(at, image != null ? 1 : 0, 36);
  if (image != null) {
    storeText(at + 40, image.uri);
    storeText(at + 48, image.alternativeText);
    store<u8>(at, image.placement, 56);
  }
  storeActions(at + 60, toast.actions);
  storeInputs(at + 68, toast.inputs);
  storeProgress(at + 80, toast.progress);
  store<u8>(at, toast.scenario, 144);
  store<u8>(at, toast.silent ? 1 : 0, 145);
  storeOption(at + 148, toast.tag);
  storeOption(at + 160, toast.group);
  store<u8>(at, toast.expiresAfter != 0 ? 1 : 0, 172);
  store<u32>(at, toast.expiresAfter, 176);
  storeHints(at + 180, toast.hints);
}

function failure(): Failure | null {
  if (load<u8>(RESULT) == 0) return null;
  const tag = load<u8>(RESULT, 4);
  const limit = load<u32>(RESULT, 8);
  if (tag == 0) {
    const message = `the toast is too large: it may have ${limit} bytes of text`;
    return new Failure(FailureCode.TooLarge, message);
  }
  if (tag == 1) {
    const message = `too many toasts: no more than ${limit} may be raised or changed`;
    return new Failure(FailureCode.TooMany, message);
  }
  const reason = textAt(RESULT + 8);
  return tag == 2
    ? new Failure(FailureCode.Invalid, `the toast is not valid: ${reason}`)
    : new Failure(FailureCode.Other, `the host refused: ${reason}`);
}

/**
 * Notices for the person. They are raised when the run is committed, not before.
 *
 * All text is plain text. At most 8 toasts a run, each at most 5 KiB, at most 32 updates and hides
 * a run, and 60 toasts an hour for an app. Calls fail with `TooLarge`, `TooMany` and `Invalid`.
 */
export namespace toasts {
  /** Whether the person, and who runs the host, want the app's toasts. All else succeeds anyway. */
  export function permitted(): bool {
    return hostPermitted() != 0;
  }

  /** Raises a toast in place of one with the same tag and group. */
  export function show(toast: Toast): Failure | null {
    storeToast(ARGUMENTS, toast);
    hostShow(ARGUMENTS, RESULT);
    return failure();
  }

  /**
   * Changes a toast if it is still there. An update whose `sequence` is not above the last that was
   * applied is ignored; 0 always applies.
   */
  export function update(
    tag: string, group: string | null, sequence: u32, change: ToastUpdate,
  ): Failure | null {
    storeText(ARGUMENTS, tag);
    storeOption(ARGUMENTS + 8, group);
    store<u32>(ARGUMENTS, sequence, 20);
    storeOption(ARGUMENTS + 24, change.title);
    storeOption(ARGUMENTS + 36, change.body);
    storeProgress(ARGUMENTS + 48, change.progress);
    hostUpdate(ARGUMENTS, RESULT);
    return failure();
  }

  /** Takes one toast away; all of a group if `tag` is null; all of the app's if both are. */
  export function hide(tag: string | null, group: string | null): Failure | null {
    const t = tag == null ? "" : tag;
    const g = group == null ? "" : group;
    hostHide(
      tag == null ? 0 : 1, pointer(t), t.length,
      group == null ? 0 : 1, pointer(g), g.length, RESULT,
    );
    return failure();
  }
}
