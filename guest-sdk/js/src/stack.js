/** A line of a stack trace: `    at run (task.js:1:2)`, or `run@task.js:1:2` in SpiderMonkey. */
const PLACE = /^\s+at |^\S*@/;

/** Where an error was made, a line each: some engines begin the stack with the message. */
export function placesOf(error) {
  return String(error?.stack ?? "")
    .split("\n")
    .filter((line) => PLACE.test(line));
}
