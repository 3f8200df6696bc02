import { BugleError } from "./error.js";
import { kindOf, u32 } from "./convert.js";
import { log } from "./log.js";
import { placesOf } from "./stack.js";

/** The longest pause that the contract knows, in milliseconds: 24 hours. */
const PAUSE_MS_MAX = 24 * 60 * 60 * 1_000;

/** How a task ends when it does not end well. The host acts on each of these. */
export class TaskError extends Error {
  constructor(outcome, message, after) {
    super(message);
    this.outcome = outcome;
    this.after = after;
  }

  static failed(message) {
    return new TaskError("failed", message);
  }

  static retry(after) {
    if (after !== undefined) u32(after, "the pause before the next attempt");
    return new TaskError("retry", "not now", after);
  }

  static rejected(message) {
    return new TaskError("rejected", message);
  }
}
TaskError.prototype.name = "TaskError";

/** What an exception says, with what caused it. */
export function describe(error) {
  if (!(error instanceof Error)) {
    return typeof error === "string" ? error : `${kindOf(error)} was thrown, which is no Error`;
  }
  const { name, message, cause } = error;
  const isPlain = name === "Error" || error instanceof BugleError || error instanceof TaskError;
  const said = isPlain ? message : `${name}: ${message}`;
  return cause === undefined ? said : `${said}: ${describe(cause)}`;
}

/**
 * What was thrown, as the contract has it. What neither the task nor the host meant to say is a
 * fault of the program: then the log has where it was.
 */
export function toContract(error) {
  if (error instanceof TaskError && error.outcome === "retry") {
    const { after } = error;
    return { tag: "retry", val: after === undefined ? undefined : Math.min(after, PAUSE_MS_MAX) };
  }
  const message = describe(error).toWellFormed();
  if (error instanceof TaskError) return { tag: error.outcome, val: message };
  if (!(error instanceof BugleError)) log.error(withStack(error, message));
  return { tag: "failed", val: message };
}

function withStack(error, message) {
  return [`uncaught ${message}`, ...placesOf(error)].join("\n");
}
