// Wakes a task in plain Node, on a host of its own: what `node --test` needs. The limits, the
// checks and the words are the real host's, and time and randomness the same in every run; what it
// does not hold are fuel, time and memory, nor does it see into `async` functions, which end after
// the run. `bugle test` holds those too, and runs the component itself.
import { record } from "../src/convert.js";
import { connect, disconnected } from "../src/host.js";
import { wrap } from "../src/run.js";
import { forget as forgetLines } from "../src/web/console.js";
import { forget as forgetRandomness } from "../src/web/random.js";
import { replaceGlobals } from "./globals.js";
import { Host } from "./host.js";
import { report } from "./report.js";
import { toContractTrigger } from "./trigger.js";

export { Report } from "./report.js";

const OPTIONS = [
  "app",
  "appVersion",
  "attempt",
  "attemptsMax",
  "badge",
  "cancellation",
  "imageHosts",
  "now",
  "push",
  "settings",
  "settingsVersion",
  "task",
  "toasts",
  "toastsLeft",
  "trigger",
];

/** Wakes `run` once, and tells what came of it. */
export function wake(run, options = {}) {
  record(options, "what wakes a task", ...OPTIONS);
  const host = new Host(options);
  const trigger = toContractTrigger(options, host.now);
  const outcome = within(host, () => wrap(run)(trigger));
  return report(outcome, host);
}

/** Calls `run` with the host and what a component has in place of Node's own. */
function within(host, run) {
  const connected = connect(host.functions());
  const restoreGlobals = replaceGlobals(host.now);
  forgetLines();
  forgetRandomness();
  try {
    run();
    return { type: "completed" };
  } catch (error) {
    return ended(error);
  } finally {
    restoreGlobals();
    connect(connected ?? disconnected);
  }
}

/** The contract's error as an outcome; anything else is a fault of this folder. */
function ended(error) {
  const { tag, val } = error;
  if (tag === "retry") return { type: "retry", after: val };
  if (tag === "failed" || tag === "rejected") return { type: tag, message: val };
  throw error;
}
