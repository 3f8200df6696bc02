/** What a component exports, by the canonical ABI. `transform.mjs` gives the contract's names. */

import "bugle/abort";
import { bytesOf, optionOf, pointer, textAt, textOf } from "bugle/abi";
import { TaskError, TaskErrorKind } from "bugle/outcome";
import { runTask } from "bugle/task";
import * as t from "bugle/trigger";

const SYSTEM: StaticArray<string> = [
  "internet-available", "user-present", "user-away", "session-connected",
  "power-source-changed", "time-zone-changed", "app-updated", "other",
];

/** Where the outcome of the run is left for the host. */
const ENDED: usize = memory.data(16, 4);

function pairs(from: usize, length: usize): Array<t.Pair> {
  const made = new Array<t.Pair>(<i32>length);
  for (let i: usize = 0; i < length; i++) {
    const at = from + 16 * i;
    made[<i32>i] = new t.Pair(textAt(at), textAt(at + 8));
  }
  return made;
}

/** The trigger's case, and ten numbers that are what the case has. */
export function bugle_run(
  tag: u32, a: usize, b: usize, c: u64, d: usize, e: usize,
  f: usize, g: usize, h: usize, i: usize, j: u64,
): usize {
  const low = <usize>c;
  const trigger = new t.Trigger(<t.TriggerKind>tag);
  if (tag == 0) {
    trigger.rawNotification = new t.RawNotification(
      textOf(a, b), bytesOf(low, d), optionOf(e, f, g), pairs(h, i), j,
    );
  } else if (tag == 1) {
    trigger.toastActivated = new t.ToastActivation(
      optionOf(a, b, low), optionOf(d, e, f), textOf(g, h), pairs(i, <usize>j),
    );
  } else if (tag == 2) {
    trigger.toastDismissed = new t.ToastDismissal(
      optionOf(a, b, low), optionOf(d, e, f), <t.Dismissal>g,
    );
  } else if (tag == 3) {
    trigger.timer = new t.TimerTick(textOf(a, b), c, <u32>d);
  } else if (tag == 4) {
    trigger.application = new t.ApplicationRequest(bytesOf(a, b), optionOf(low, d, e));
  } else if (tag == 5) {
    trigger.channelExpiring = new t.ChannelExpiry(textOf(a, b), c);
  } else if (tag == 6) {
    trigger.system = new t.SystemEvent(SYSTEM[<i32>a], a < 6 ? "" : textOf(b, low));
  } else {
    trigger.custom = new t.CustomEvent(textOf(a, b), bytesOf(low, d));
  }
  return ended(runTask(trigger));
}

function ended(error: TaskError | null): usize {
  store<u8>(ENDED, error != null ? 1 : 0);
  if (error == null) return ENDED;
  store<u8>(ENDED, error.kind, 4);
  if (error.kind == TaskErrorKind.Retry) {
    store<u8>(ENDED, error.pause >= 0 ? 1 : 0, 8);
    store<u32>(ENDED, <u32>error.pause, 12);
  } else {
    store<usize>(ENDED, pointer(error.message), 8);
    store<usize>(ENDED, error.message.length, 12);
  }
  return ENDED;
}

/** How the host gets memory for what it hands over. `heap.realloc` takes no null. */
export function bugle_realloc(
  old: usize, oldLength: usize, alignment: usize, length: usize,
): usize {
  if (length == 0) return alignment;
  return old == 0 ? heap.alloc(length) : heap.realloc(old, length);
}
