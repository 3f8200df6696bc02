import { host } from "./host.js";
import { TaskError } from "./task-error.js";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const named = (pairs, name) => pairs.find((pair) => pair.name === name)?.value;

class Trigger {
  asRawNotification() {
    throw TaskError.rejected(
      `this task takes raw notifications only, and was woken by \`${this.type}\``,
    );
  }
}

/** A trigger that brings bytes. */
class Content extends Trigger {
  text() {
    return utf8.decode(this.content);
  }

  json() {
    return JSON.parse(this.text());
  }
}

class RawNotification extends Content {
  header(name) {
    return named(this.headers, name);
  }

  asRawNotification() {
    return this;
  }
}

/** A part of a push, which the host gives once, when it is asked for. */
function part(ask) {
  let isAsked = false;
  let value;
  const get = () => {
    if (!isAsked) {
      value = ask(host.shortcuts);
      isAsked = true;
    }
    return value;
  };
  return { enumerable: true, get };
}

/**
 * The push that the task is run for; there is one in the life of an instance. Its parts are there when
 * they are asked for, since making objects of all of them costs QuickJS as much as a small task.
 */
const push = Object.defineProperties(new RawNotification(), {
  type: { enumerable: true, value: "raw-notification" },
  channel: part((host) => host.pushedChannel()),
  content: part((host) => host.pushedContent()),
  contentType: part((host) => host.pushedContentType() ?? undefined),
  headers: part((host) => host.pushedHeaders()),
  receivedAt: part((host) => new Date(Number(host.pushedReceivedAt()))),
});

export const toPush = () => push;

class ToastActivation extends Trigger {
  input(id) {
    return named(this.inputs, id);
  }
}

/**
 * Triggers from the contract's records: as literals, since constructors cost the engine more; a push
 * is the record itself, which costs it still less.
 */
const KINDS = {
  "raw-notification": (type, push) => {
    push.__proto__ = RawNotification.prototype;
    push.type = type;
    push.contentType ??= undefined;
    push.receivedAt = new Date(Number(push.receivedAt));
    return push;
  },
  "toast-activated": (type, { tag, group, argument, inputs }) => ({
    __proto__: ToastActivation.prototype,
    type,
    tag: tag ?? undefined,
    group: group ?? undefined,
    argument,
    inputs,
  }),
  "toast-dismissed": (type, { tag, group, reason }) => ({
    __proto__: Trigger.prototype,
    type,
    tag: tag ?? undefined,
    group: group ?? undefined,
    reason,
  }),
  timer: (type, { name, dueAt, missed }) => ({
    __proto__: Trigger.prototype,
    type,
    name,
    dueAt: new Date(Number(dueAt)),
    missed: missed >>> 0,
  }),
  application: (type, { content, contentType }) => ({
    __proto__: Content.prototype,
    type,
    content,
    contentType: contentType ?? undefined,
  }),
  "channel-expiring": (type, { channel, expiresAt }) => ({
    __proto__: Trigger.prototype,
    type,
    channel,
    expiresAt: new Date(Number(expiresAt)),
  }),
  system: (type, { tag, val }) => ({ __proto__: Trigger.prototype, type, event: tag, detail: val }),
  custom: (type, { kind, content }) => ({ __proto__: Content.prototype, type, kind, content }),
};

/** What woke the task, from the contract's variant. */
export function toTrigger({ tag, val }) {
  return KINDS[tag](tag, val);
}
