/**
 * Runs the compiled task under `node --test`, on a host in JavaScript:
 *
 *     const report = new Run().withSetting("inbox/unread", 3n).push("hello");
 *     assert.equal(report.outcome, "completed");
 *     assert.equal(report.settings.get("inbox/unread"), 4n);
 *     assert.equal(report.toasts[0].body, "hello");
 *
 * The task is `.bugle/build/task.core.wasm` below the current folder: run `bugle build` first. As
 * on the real host, a run that does not complete leaves nothing but its log. Paths, keys, the size
 * of values and the number of toasts are checked with the real host's words; what only `bugle test`
 * holds are the sandbox's limits (fuel, time, memory) and the app's quotas.
 *
 * A setting is a `boolean`, a `bigint` (integer), a `number` (float), a `string`, a `Uint8Array` or
 * a `Date` (timestamp).
 */

import { readFileSync } from "node:fs";

import { Host } from "./host.mjs";

/** The most toasts of a run. */
const TOASTS_MAX = 8;
/** What `bugle build` leaves. */
const TASK = ".bugle/build/task.core.wasm";

const ENDS = ["failed", "retry", "rejected"];

let compiled;

/** Once for all tests of a file. */
function task() {
  compiled ??= new WebAssembly.Module(readFileSync(TASK));
  return compiled;
}

/** The contract has no time before 1970. */
function fromEpoch(time) {
  if (!(time.getTime() >= 0)) throw new RangeError(`${time} is no time from 1970 on`);
  return time;
}

export class Run {
  #state = {
    settings: new Map(),
    settingsVersion: 0,
    badge: undefined,
    toasts: [],
    toastChanges: [],
    work: new Map(),
    log: [],
    progress: undefined,
    toastsLeft: TOASTS_MAX,
    attempt: 1,
    attemptsMax: 5,
    now: new Date("2024-01-01T00:00:00Z"),
    randomGiven: 0,
    cancellation: undefined,
  };

  /** A setting that is there before the run. Times are from 1970 on. */
  withSetting(path, value) {
    if (value instanceof Date) fromEpoch(value);
    this.#state.settings.set(path, value);
    return this;
  }

  /** How many toasts the app may still raise in this hour. */
  withToastsLeft(count) {
    this.#state.toastsLeft = Math.min(count, TOASTS_MAX);
    return this;
  }

  /** Which attempt this is, and how many there are. */
  withAttempt(attempt, attemptsMax = 5) {
    Object.assign(this.#state, { attempt, attemptsMax });
    return this;
  }

  /** When the run starts, a `Date`. */
  withTime(now) {
    this.#state.now = fromEpoch(now);
    return this;
  }

  /** The run is to end soon: `uninstall`, `update`, `terminating`, `time-limit`, …, or another text. */
  withCancellation(reason) {
    this.#state.cancellation = reason;
    return this;
  }

  /** Wakes the task with a raw notification on the channel `inbox`: a string or bytes. */
  push(content) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    return this.#wake((memory) => {
      const [channel, channelLength] = memory.giveString("inbox");
      const [from, length] = memory.giveBytes(bytes);
      const receivedAt = BigInt(this.#state.now.getTime());
      return [0, channel, channelLength, BigInt(from), length, 0, 0, 0, 8, 0, receivedAt];
    });
  }

  /** Wakes the task with a timer of the manifest. */
  tick(name, missed = 0) {
    return this.#wake((memory) => {
      const [pointer, length] = memory.giveString(name);
      return [3, pointer, length, BigInt(this.#state.now.getTime()), missed, 0, 0, 0, 0, 0, 0n];
    });
  }

  /** `lower` gives the trigger as the export's arguments have it. */
  #wake(lower) {
    const state = this.#state;
    const host = new Host({
      ...state,
      settings: new Map(state.settings),
      toasts: [],
      toastChanges: [],
      work: new Map(),
      log: [],
    });
    const { exports } = new WebAssembly.Instance(task(), host.imports());
    host.bind(exports);
    const ended = this.#end(host, exports, lower);
    const { settings, settingsVersion, toasts, toastChanges, badge, work } =
      ended.outcome === "completed" ? host.state : state;
    const { progress, log } = host.state;
    return {
      ...ended, settings, settingsVersion, toasts, toastChanges, badge, work, progress, log,
    };
  }

  #end({ memory }, exports, lower) {
    let at;
    try {
      at = exports["bugle:task/entry@0.1.0#run"](...lower(memory));
    } catch (trap) {
      return { outcome: "trapped", message: trap.message };
    }
    if (memory.u8(at) === 0) return { outcome: "completed" };
    const outcome = ENDS[memory.u8(at + 4)];
    if (outcome !== "retry") return { outcome, message: memory.stringAt(at + 8) };
    return { outcome, retryAfter: memory.u8(at + 8) === 0 ? undefined : memory.u32(at + 12) };
  }
}
