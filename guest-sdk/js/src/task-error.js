import { attempt } from "./attempt.js";
import { kindOf, u32 } from "./convert.js";
import { BugleError } from "./error.js";
import { log } from "./log.js";
import { chainOf, placesOf } from "./stack.js";

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

/** What an exception says. */
function describe(error) {
  if (!(error instanceof Error)) {
    return typeof error === "string" ? error : `${kindOf(error)} was thrown, which is no Error`;
  }
  const { name, message } = error;
  const isPlain = name === "Error" || error instanceof BugleError || error instanceof TaskError;
  return isPlain ? String(message) : `${name}: ${message}`;
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
  const chain = chainOf(error);
  const said = chain.map((part) => attempt(() => describe(part).toWellFormed()));
  const message = said.join(": ");
  if (error instanceof TaskError) return { tag: error.outcome, val: message };
  if (!(error instanceof BugleError)) {
    // A line each, since a line of the log has 2 KiB.
    chain.forEach((part, at) => {
      const first = at === 0 ? `uncaught ${message}` : `caused by ${said[at]}`;
      log.error([first, ...placesOf(part)].join("\n"));
    });
  }
  return { tag: "failed", val: message };
}
