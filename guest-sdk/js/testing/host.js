import { createHash } from "node:crypto";
import { outward } from "../src/settings.js";
import { LOG, TOASTS, WORK, bytesOf, refuse } from "./limits.js";
import { checkChange, checkKey, checkPath, checkToast } from "./limits.js";
import { Settings } from "./settings.js";

/** 2024-01-01T00:00:00Z: a time that no test can take for the machine's. */
const STARTED_AT = Date.UTC(2024, 0, 1);

/** All that a run may ask about, and all that it did. */
export class Host {
  raised = [];
  changes = [];
  work = new Map();
  progress = undefined;
  log = { lines: [], dropped: 0, bytes: 0 };
  #random = 0;

  constructor(options) {
    const { settings = {}, settingsVersion = 0, badge, now = STARTED_AT } = options;
    this.options = options;
    this.now = new Date(now).getTime();
    this.permissions = { toasts: options.toasts ?? true, imageHosts: options.imageHosts ?? [] };
    this.toastsLeft = Math.min(options.toastsLeft ?? TOASTS.hour, TOASTS.run);
    const mark = badge === undefined ? undefined : markOf(badge);
    this.before = { settings: stored(settings), version: settingsVersion, badge: mark };
    this.app = { ...this.before, settings: new Map(this.before.settings) };
  }

  /** The functions of the contract, in the shape in which the runtime gives them. */
  functions() {
    return {
      badge: this.#badge(),
      context: this.#context(),
      localSettings: new Settings(this.app),
      log: { write: (level, message) => this.#write(level, message) },
      toasts: this.#toasts(),
    };
  }

  #badge() {
    return {
      get: () => this.app.badge ?? null,
      set: ({ tag, val }) => (this.app.badge = markOf(tag === "number" ? val >>> 0 : val)),
      clear: () => (this.app.badge = undefined),
    };
  }

  #toasts() {
    return {
      permitted: () => this.permissions.toasts,
      show: (toast) => {
        const whole = given(toast);
        checkToast(whole, this.permissions.imageHosts);
        if (this.raised.length >= this.toastsLeft) throw refuse("too-many", this.toastsLeft);
        if ("expiresAfter" in whole) whole.expiresAfter >>>= 0;
        clampFraction(whole);
        this.raised.push(whole);
      },
      update: (tag, group, sequence, change) => {
        checkKey(tag, group);
        checkChange(change);
        const whole = given({ tag, group, sequence: sequence >>> 0, ...change });
        clampFraction(whole);
        this.#change({ update: whole });
      },
      hide: (tag, group) => {
        checkKey(tag, group);
        this.#change({ hide: given({ tag, group }) });
      },
    };
  }

  #change(change) {
    if (this.changes.length >= TOASTS.changes) throw refuse("too-many", TOASTS.changes);
    this.changes.push(change);
  }

  #context() {
    const { options } = this;
    const { attempt = 1, attemptsMax = 5, cancellation } = options;
    return {
      app: () => options.app ?? "com.example.app",
      appVersion: () => options.appVersion ?? "1.0.0",
      task: () => options.task ?? "task",
      triggerId: () => "trigger-1",
      runId: () => `run-${attempt}`,
      attempt: () => attempt,
      attemptsMax: () => attemptsMax,
      now: () => this.now,
      random: (count) => this.#draw(Math.min(count >>> 0, 4_096)),
      // All of it, always: native code uses none.
      remainingFuel: () => 500_000_000,
      remainingTime: () => 5_000,
      cancellation: () => (cancellation === undefined ? null : { tag: cancellation }),
      reportProgress: (percent) => (this.progress = Math.min(percent >>> 0, 100)),
      onResume: (work) => this.#leave(work),
    };
  }

  /** Bytes that are the same in every run of a test, and differ from call to call. */
  #draw(count) {
    this.#random += 1;
    const shake = createHash("shake256", { outputLength: Math.max(count, 1) });
    return Uint8Array.from(shake.update(String(this.#random)).digest().subarray(0, count));
  }

  #leave({ key, content }) {
    if (key === "" || bytesOf(key) > WORK.keyBytes) {
      throw refuse("invalid", "a key has 1 to 64 bytes");
    }
    if (content.length > WORK.bytes) throw refuse("too-large", WORK.bytes);
    if (!this.work.has(key) && this.work.size >= WORK.keys) throw refuse("too-many", WORK.keys);
    this.work.set(key, Uint8Array.from(content));
  }

  #write(level, message) {
    const { log } = this;
    const room = Math.min(LOG.bytes - log.bytes, LOG.lineBytes);
    if (log.lines.length >= LOG.lines || (room <= 0 && message !== "")) {
      log.dropped += 1;
      return;
    }
    const kept = cut(message, room);
    log.bytes += bytesOf(kept);
    log.lines.push({ level, message: kept });
  }
}

/** As much of a text as fits, in whole characters. */
function cut(text, bytesMax) {
  const bytes = Buffer.from(text);
  if (bytes.length <= bytesMax) return text;
  let end = bytesMax;
  while ((bytes[end] & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString();
}

/** A fraction is from 0 to 1; what is no number says nothing. */
function clampFraction({ progress }) {
  if (progress?.fraction === undefined) return;
  if (Number.isNaN(progress.fraction)) delete progress.fraction;
  else progress.fraction = Math.min(Math.max(progress.fraction, 0), 1);
}

const markOf = (mark) => {
  if (typeof mark !== "number") return { tag: "glyph", val: mark };
  return mark === 0 ? undefined : { tag: "number", val: mark };
};

function stored(settings) {
  const entries = Object.entries(settings).map(([path, value]) => {
    checkPath(path);
    return [path, outward(path, value)];
  });
  return new Map(entries);
}

/** A copy with all that the record has, be it from its prototype, but what was not given. */
function given(record) {
  const fields = {};
  for (const field in record) {
    if (record[field] !== undefined) fields[field] = structuredClone(record[field]);
  }
  return fields;
}
