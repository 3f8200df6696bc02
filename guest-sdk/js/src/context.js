import { bytes, text, u32 } from "./convert.js";
import { refusal } from "./error.js";
import { host } from "./host.js";

const MESSAGES = {
  "too-large": (key, max) =>
    `the work \`${key}\` for the app is too large: it may have ${max} bytes`,
  "too-many": (key, max) =>
    `too much work for the app: no room for \`${key}\`, there may be ${max} keys`,
  invalid: (key, reason) => `the work \`${key}\` for the app is not valid: ${reason}`,
};

const utf8 = new TextEncoder();

function contentOf(content) {
  if (typeof content === "string") return utf8.encode(content);
  return bytes(content, "the content of work for the app");
}

export const context = {
  get app() {
    return host.context.app();
  },
  get appVersion() {
    return host.context.appVersion();
  },
  get task() {
    return host.context.task();
  },
  get triggerId() {
    return host.context.triggerId();
  },
  get runId() {
    return host.context.runId();
  },
  get attempt() {
    return host.context.attempt() >>> 0;
  },
  get attemptsMax() {
    return host.context.attemptsMax() >>> 0;
  },
  get remainingFuel() {
    return Number(host.context.remainingFuel());
  },
  get remainingTime() {
    return host.context.remainingTime() >>> 0;
  },
  get cancellation() {
    const reason = host.context.cancellation();
    if (reason == null) return undefined;
    return reason.tag === "other" ? reason.val : reason.tag;
  },
  get cancelled() {
    return host.context.cancellation() != null;
  },
  now: () => new Date(Number(host.context.now())),
  random: (count) => host.context.random(u32(count, "how many random bytes")),
  reportProgress(percent) {
    host.context.reportProgress(u32(Math.floor(percent), "the progress in percent"));
  },
  onResume(key, content = "") {
    const name = text(key, "the key of work for the app");
    if (host.shortcuts && typeof content === "string") {
      const error = host.shortcuts.onResume(name, content.toWellFormed());
      if (error) throw refusal({ payload: error }, MESSAGES, name);
      return;
    }
    const work = { key: name, content: contentOf(content) };
    try {
      host.context.onResume(work);
    } catch (error) {
      throw refusal(error, MESSAGES, name);
    }
  },
};
