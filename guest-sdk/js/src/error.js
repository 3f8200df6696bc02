/** Why the host did not do what a task asked of it. The call that failed changed nothing. */
export class BugleError extends Error {
  constructor(code, message, max) {
    super(message);
    this.code = code;
    this.max = max;
  }
}
BugleError.prototype.name = "BugleError";

/**
 * What the host threw, as a `BugleError` with the message that `messages` has for its code: a
 * function of what the call was about and what the contract's error carries.
 */
export function refusal(error, messages, about) {
  const { tag, val } = error?.payload ?? {};
  if (tag === undefined) return error;
  const message = tag === "other" ? `the host refused: ${val}` : messages[tag](about, val);
  return new BugleError(tag, message, typeof val === "number" ? val >>> 0 : undefined);
}
