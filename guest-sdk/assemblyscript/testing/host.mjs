// The contract's functions over a state in JavaScript. The limits are those of `wit/`.

import { Memory } from "./memory.mjs";
import { bytesOf, isKey, readToast, readUpdate, refusal } from "./toast.mjs";

const SETTINGS_MAX = 4096;
const VALUE_BYTES_MAX = 8192;
const TOAST_CHANGES_MAX = 32;
const WORK_MAX = 16;
const WORK_BYTES_MAX = 8192;
const LOG_LINES_MAX = 1000;
const RANDOM_BYTES_MAX = 4096;
/** What an operator who says nothing else allows. */
const FUEL = 500_000_000n;
const TIME_MS = 5000;

const LEVELS = ["trace", "debug", "info", "warn", "error"];
const REASONS = [
  "uninstall", "update", "terminating", "time-limit", "quota", "condition-lost", "requested",
];

function pathError(path) {
  if (path === "") return "a path has at least one name";
  if (bytesOf(path) > 1024) return "a path has at most 1,024 bytes";
  const names = path.split("/");
  if (names.length > 32) return "a path has at most 32 names";
  if (names.some((name) => name === "")) return "a name in a path has at least 1 byte";
  if (names.some((name) => bytesOf(name) > 255)) return "a name in a path has at most 255 bytes";
  return undefined;
}

/** Of a value as JavaScript has it: the contract's case. */
function caseOf(value) {
  if (typeof value === "boolean") return 0;
  if (typeof value === "bigint") return 1;
  if (typeof value === "number") return 2;
  if (typeof value === "string") return 3;
  return value instanceof Date ? 5 : 4;
}

export class Host {
  /** Set when the task's instance is there. */
  memory;

  constructor(state) {
    this.state = state;
  }

  bind(exports) {
    this.memory = new Memory(exports);
  }

  /** All that a core module may import. */
  imports() {
    return {
      "bugle:task/local-settings@0.1.0": { ...this.#settings(), ...this.#containers() },
      "bugle:task/toasts@0.1.0": this.#toasts(),
      "bugle:task/badge@0.1.0": this.#badge(),
      "bugle:task/task-context@0.1.0": this.#context(),
      "bugle:task/log@0.1.0": this.#log(),
    };
  }

  /** Writes an error's case and what it has, `at` where it begins. */
  #refuse(result, at, { tag, limit, reason }) {
    this.memory.setU8(result, 1);
    this.memory.setU8(at, tag);
    if (reason === undefined) this.memory.setU32(at + 4, limit);
    else this.memory.setString(at + 4, reason);
  }

  #done(result, refused) {
    if (refused === undefined) this.memory.setU8(result, 0);
    else this.#refuse(result, result + 4, refused);
  }

  #storeValue(at, value) {
    const memory = this.memory;
    const tag = caseOf(value);
    memory.setU8(at, tag);
    if (tag === 0) memory.setU8(at + 8, value ? 1 : 0);
    else if (tag === 1) memory.setU64(at + 8, value);
    else if (tag === 2) memory.setF64(at + 8, value);
    else if (tag === 3) memory.setString(at + 8, value);
    else if (tag === 5) memory.setU64(at + 8, BigInt(value.getTime()));
    else {
      const [pointer, length] = memory.giveBytes(value);
      memory.setU32(at + 8, pointer);
      memory.setU32(at + 12, length);
    }
  }

  #value(tag, first, second) {
    const pointer = Number(BigInt.asUintN(32, first));
    switch (tag) {
      case 0: return first !== 0n;
      case 1: return BigInt.asIntN(64, first);
      case 2: return new Float64Array(BigInt64Array.of(first).buffer)[0];
      case 3: return this.memory.string(pointer, second);
      case 4: return this.memory.bytes(pointer, second);
      default: return new Date(Number(BigInt.asUintN(64, first)));
    }
  }

  #set(path, value) {
    const reason = pathError(path);
    if (reason !== undefined) return { tag: 0, reason };
    const bytes = typeof value === "string" ? bytesOf(value) : (value.length ?? 8);
    if (bytes > VALUE_BYTES_MAX) return { tag: 1, limit: VALUE_BYTES_MAX };
    const { settings } = this.state;
    if (!settings.has(path) && settings.size === SETTINGS_MAX) {
      return { tag: 3, limit: SETTINGS_MAX };
    }
    settings.set(path, value);
    return undefined;
  }

  /** What is behind a container in the paths that are in it; the empty one has all. */
  #within(container) {
    const prefix = container === "" ? "" : `${container}/`;
    const paths = [...this.state.settings.keys()].filter((path) => path.startsWith(prefix));
    return paths.map((path) => ({ path, rest: path.slice(prefix.length) }));
  }

  #items(container, after) {
    const items = new Map();
    for (const { rest } of this.#within(container)) {
      const [name, more] = rest.split("/", 2);
      const isContainer = more !== undefined;
      // No name has a `/`: the key is that of no other item.
      const key = isContainer ? `${name}/` : name;
      if (after === undefined || name > after) items.set(key, { name, isContainer });
    }
    const order = (item) => item.name + (item.isContainer ? "\u0001" : "\u0000");
    return [...items.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1));
  }

  #settings() {
    const text = (pointer, length) => this.memory.string(pointer, length);
    return {
      get: (pointer, length, result) => {
        const path = text(pointer, length);
        const reason = pathError(path);
        if (reason !== undefined) return this.#refuse(result, result + 8, { tag: 0, reason });
        const value = this.state.settings.get(path);
        this.memory.setU8(result, 0);
        this.memory.setU8(result + 8, value === undefined ? 0 : 1);
        if (value !== undefined) this.#storeValue(result + 16, value);
      },
      set: (pointer, length, tag, first, second, result) => {
        this.#done(result, this.#set(text(pointer, length), this.#value(tag, first, second)));
      },
      remove: (pointer, length, result) => {
        const path = text(pointer, length);
        const reason = pathError(path);
        this.#done(result, reason && { tag: 0, reason });
        if (reason === undefined) this.memory.setU8(result + 4, +this.state.settings.delete(path));
      },
      version: () => this.state.settingsVersion,
      "set-version": (version) => {
        this.state.settingsVersion = version;
      },
    };
  }

  #containers() {
    const text = (pointer, length) => this.memory.string(pointer, length);
    return {
      clear: (pointer, length, result) => {
        const container = text(pointer, length);
        const reason = container === "" ? undefined : pathError(container);
        if (reason !== undefined) return this.#done(result, { tag: 0, reason });
        const paths = this.#within(container);
        for (const { path } of paths) this.state.settings.delete(path);
        this.#done(result);
        this.memory.setU32(result + 4, paths.length);
      },
      items: (pointer, length, hasAfter, after, afterLength, limit, result) => {
        const container = text(pointer, length);
        const reason = container === "" ? undefined : pathError(container);
        if (reason !== undefined) return this.#done(result, { tag: 0, reason });
        const from = hasAfter ? text(after, afterLength) : undefined;
        const items = this.#items(container, from).slice(0, limit);
        const list = this.memory.alloc(12 * items.length, 4);
        items.forEach((item, i) => {
          this.memory.setString(list + 12 * i, item.name);
          this.memory.setU8(list + 12 * i + 8, +item.isContainer);
        });
        this.#done(result);
        this.memory.setU32(result + 4, list);
        this.memory.setU32(result + 8, items.length);
        this.memory.setU8(result + 12, 0);
      },
    };
  }

  #show(toast) {
    const refused = refusal(toast);
    if (refused !== undefined) return refused;
    const { toasts, toastsLeft } = this.state;
    if (toasts.length >= toastsLeft) return { tag: 1, limit: toastsLeft };
    toasts.push(toast);
    return undefined;
  }

  #change(change) {
    if (!isKey(change.tag) || !isKey(change.group)) {
      return { tag: 2, reason: "a tag and a group have 1 to 64 bytes" };
    }
    if (change.title === "") return { tag: 2, reason: "the title is empty" };
    const { toastChanges } = this.state;
    if (toastChanges.length === TOAST_CHANGES_MAX) return { tag: 1, limit: TOAST_CHANGES_MAX };
    toastChanges.push(change);
    return undefined;
  }

  #toasts() {
    return {
      permitted: () => 1,
      show: (at, result) => this.#done(result, this.#show(readToast(this.memory, at))),
      update: (at, result) => this.#done(result, this.#change(readUpdate(this.memory, at))),
      hide: (hasTag, tag, tagLength, hasGroup, group, groupLength, result) => {
        const change = {
          tag: hasTag ? this.memory.string(tag, tagLength) : undefined,
          group: hasGroup ? this.memory.string(group, groupLength) : undefined,
        };
        this.#done(result, this.#change(change));
      },
    };
  }

  #badge() {
    const state = this.state;
    return {
      get: (result) => {
        const { badge } = state;
        this.memory.setU8(result, badge === undefined ? 0 : 1);
        if (badge === undefined) return;
        this.memory.setU8(result + 4, badge.number === undefined ? 1 : 0);
        if (badge.number === undefined) this.memory.setU8(result + 8, badge.glyph);
        else this.memory.setU32(result + 8, badge.number);
      },
      set: (tag, payload) => {
        const number = { number: payload >>> 0 };
        if (tag === 0) state.badge = payload === 0 ? undefined : number;
        else state.badge = { glyph: payload };
      },
      clear: () => {
        state.badge = undefined;
      },
    };
  }

  #leave(key, content) {
    if (!isKey(key)) return { tag: 2, reason: "a key has 1 to 64 bytes" };
    if (content.length > WORK_BYTES_MAX) return { tag: 0, limit: WORK_BYTES_MAX };
    const { work } = this.state;
    if (!work.has(key) && work.size === WORK_MAX) return { tag: 1, limit: WORK_MAX };
    work.set(key, content);
    return undefined;
  }

  #context() {
    const state = this.state;
    const text = (value) => (result) => this.memory.setString(result, value());
    return {
      app: text(() => "com.example.app"),
      "app-version": text(() => "1.0.0"),
      task: text(() => "task"),
      "trigger-id": text(() => "trigger-1"),
      "run-id": text(() => `run-${state.attempt}`),
      attempt: () => state.attempt,
      "attempts-max": () => state.attemptsMax,
      now: () => BigInt(state.now.getTime()),
      // The same bytes in every test, and others at each call.
      random: (count, result) => {
        const bytes = new Uint8Array(Math.min(count >>> 0, RANDOM_BYTES_MAX));
        for (let i = 0; i < bytes.length; i++) {
          bytes[i] = Math.imul(++state.randomGiven, 0x9e3779b1) >>> 24;
        }
        const [pointer, length] = this.memory.giveBytes(bytes);
        this.memory.setU32(result, pointer);
        this.memory.setU32(result + 4, length);
      },
      // All of it, always: nothing is metered here.
      "remaining-fuel": () => FUEL,
      "remaining-time": () => TIME_MS,
      cancellation: (result) => {
        this.memory.setU8(result, state.cancellation === undefined ? 0 : 1);
        if (state.cancellation === undefined) return;
        const reason = REASONS.indexOf(state.cancellation);
        this.memory.setU8(result + 4, reason < 0 ? REASONS.length : reason);
        if (reason < 0) this.memory.setString(result + 8, state.cancellation);
      },
      "report-progress": (percent) => {
        state.progress = Math.min(percent >>> 0, 100);
      },
      "on-resume": (key, keyLength, content, contentLength, result) => {
        const name = this.memory.string(key, keyLength);
        this.#done(result, this.#leave(name, this.memory.bytes(content, contentLength)));
      },
    };
  }

  #log() {
    return {
      write: (level, pointer, length) => {
        const message = this.memory.string(pointer, length);
        if (this.state.log.length < LOG_LINES_MAX) {
          this.state.log.push({ level: LEVELS[level], message });
        }
      },
    };
  }
}
