/** The most bytes of a push. */
const PUSH_BYTES_MAX = 5_000;

const bytes = (content) =>
  typeof content === "string" ? new TextEncoder().encode(content) : Uint8Array.from(content);

const pairs = (values = {}) => Object.entries(values).map(([name, value]) => ({ name, value }));

const time = (value, otherwise) => new Date(value ?? otherwise).getTime();

/** A raw notification on the channel `inbox`: what `push` stands for. */
function push(content, now, more = {}) {
  const given = bytes(content);
  if (given.length > PUSH_BYTES_MAX) {
    throw new RangeError(`a push has at most ${PUSH_BYTES_MAX} bytes, not ${given.length}`);
  }
  const { channel = "inbox", contentType = null, headers, receivedAt } = more;
  return {
    tag: "raw-notification",
    val: {
      channel,
      content: given,
      contentType,
      headers: pairs(headers),
      receivedAt: time(receivedAt, now),
    },
  };
}

const KINDS = {
  "raw-notification": ({ content = "", ...more }, now) => push(content, now, more).val,
  "toast-activated": ({ tag = null, group = null, argument = "", inputs }) => ({
    tag,
    group,
    argument,
    inputs: pairs(inputs),
  }),
  "toast-dismissed": ({ tag = null, group = null, reason = "by-user" }) => ({ tag, group, reason }),
  timer: ({ name, dueAt, missed = 0 }, now) => ({ name, dueAt: time(dueAt, now), missed }),
  application: ({ content = "", contentType = null }) => ({ content: bytes(content), contentType }),
  "channel-expiring": ({ channel = "inbox", expiresAt }, now) => ({
    channel,
    expiresAt: time(expiresAt, now),
  }),
  system: ({ event, detail }) => ({ tag: event, val: detail }),
  custom: ({ kind, content = "" }) => ({ kind, content: bytes(content) }),
};

/** What wakes the task, in the shape in which the runtime gives it. */
export function toContractTrigger({ push: content, trigger }, now) {
  if (trigger === undefined) return push(content ?? "", now);
  const { type, ...fields } = trigger;
  if (!Object.hasOwn(KINDS, type)) throw new TypeError(`\`${type}\` is no type of a trigger`);
  return { tag: type, val: KINDS[type](fields, now) };
}
