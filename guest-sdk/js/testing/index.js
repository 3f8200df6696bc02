// Wakes a task in plain Node, on a host of its own: what `node --test` needs. The limits, the
// checks and the words are the real host's; what it does not hold are fuel, time and memory. `bugle
// test` holds those too, and runs the component itself.
import { connect, disconnected } from "../src/host.js";
import { wrap } from "../src/run.js";
import { console as taskConsole } from "../src/web/console.js";
import { forget, random } from "../src/web/random.js";
import { Host } from "./host.js";
import { report } from "./report.js";
import { toContractTrigger } from "./trigger.js";

export { Report } from "./report.js";

/** Wakes `run` once, and tells what came of it. */
export function wake(run, options = {}) {
  const host = new Host(options);
  const trigger = toContractTrigger(options, host.now);
  const outcome = within(host, () => wrap(run)(trigger));
  return report(outcome, host);
}

/** Calls `run` with the host and what a component has in place of Node's own. */
function within(host, run) {
  const { console, Math } = globalThis;
  const before = { connected: connect(host.functions()), random: Math.random };
  globalThis.console = taskConsole;
  Math.random = random;
  forget();
  try {
    run();
    return { type: "completed" };
  } catch (error) {
    return ended(error);
  } finally {
    globalThis.console = console;
    Math.random = before.random;
    connect(before.connected ?? disconnected);
  }
}

/** The contract's error as an outcome; anything else is a fault of this folder. */
function ended(error) {
  const { tag, val } = error;
  if (tag === "retry") return { type: "retry", after: val };
  if (tag === "failed" || tag === "rejected") return { type: tag, message: val };
  throw error;
}
