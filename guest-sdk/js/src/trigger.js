import { TaskError } from "./task-error.js";

const utf8 = (bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);

const named = (pairs, name) => pairs.find((pair) => pair.name === name)?.value;

class Trigger {
  constructor(type) {
    this.type = type;
  }

  asRawNotification() {
    throw TaskError.rejected(
      `this task takes raw notifications only, and was woken by \`${this.type}\``,
    );
  }
}

/** A trigger that brings bytes. */
class Content extends Trigger {
  text() {
    return utf8(this.content);
  }

  json() {
    return JSON.parse(this.text());
  }
}

class RawNotification extends Content {
  constructor(type, { channel, content, contentType, headers, receivedAt }) {
    super(type);
    this.channel = channel;
    this.content = content;
    this.contentType = contentType ?? undefined;
    this.headers = headers;
    this.receivedAt = new Date(Number(receivedAt));
  }

  header(name) {
    return named(this.headers, name);
  }

  asRawNotification() {
    return this;
  }
}

class ToastActivation extends Trigger {
  constructor(type, { tag, group, argument, inputs }) {
    super(type);
    this.tag = tag ?? undefined;
    this.group = group ?? undefined;
    this.argument = argument;
    this.inputs = inputs;
  }

  input(id) {
    return named(this.inputs, id);
  }
}

const KINDS = {
  "raw-notification": (type, given) => new RawNotification(type, given),
  "toast-activated": (type, given) => new ToastActivation(type, given),
  "toast-dismissed": (type, { tag, group, reason }) =>
    Object.assign(new Trigger(type), {
      tag: tag ?? undefined,
      group: group ?? undefined,
      reason,
    }),
  timer: (type, { name, dueAt, missed }) =>
    Object.assign(new Trigger(type), {
      name,
      dueAt: new Date(Number(dueAt)),
      missed: missed >>> 0,
    }),
  application: (type, { content, contentType }) =>
    Object.assign(new Content(type), { content, contentType: contentType ?? undefined }),
  "channel-expiring": (type, { channel, expiresAt }) =>
    Object.assign(new Trigger(type), { channel, expiresAt: new Date(Number(expiresAt)) }),
  system: (type, { tag, val }) => Object.assign(new Trigger(type), { event: tag, detail: val }),
  custom: (type, { kind, content }) => Object.assign(new Content(type), { kind, content }),
};

/** What woke the task, from the contract's variant. */
export function toTrigger({ tag, val }) {
  return KINDS[tag](tag, val);
}
