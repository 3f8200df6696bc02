import { attempt } from "./attempt.js";

/** A line of a stack trace: `    at run (task.js:1:2)`, or `run@task.js:1:2` in SpiderMonkey. */
const PLACE = /^\s+at |^\S*@/;

/** Where an error was made, a line each: some engines begin the stack with the message. */
export function placesOf(error) {
  const stack = attempt(() => String(error?.stack ?? ""), "");
  return stack.split("\n").filter((line) => PLACE.test(line));
}

/** What was thrown, and what caused it, the nearest first. Causes that go in a circle end. */
export function chainOf(thrown) {
  const chain = [thrown];
  for (let cause = causeOf(thrown); cause !== undefined; cause = causeOf(cause)) {
    if (chain.includes(cause)) break;
    chain.push(cause);
  }
  return chain;
}

const causeOf = (thrown) => attempt(() => (thrown instanceof Error ? thrown.cause : undefined));
