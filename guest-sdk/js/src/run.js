import { toContract } from "./task-error.js";
import { toTrigger } from "./trigger.js";
import { begin, end, refuseLeftovers } from "./web/promise.js";

/**
 * The contract's `run` from the author's, and from what makes its trigger: nothing that is thrown
 * gets past it, since the runtime would make a bare trap of it.
 */
export function wrap(task, woken = toTrigger) {
  return (trigger) => {
    try {
      begin();
      refuseToWait(task(woken(trigger)));
      refuseLeftovers();
    } catch (error) {
      throw toContract(error);
    } finally {
      end();
    }
  };
}

/** The run is over when `run` returns: whatever a promise still had to do would never be done. */
function refuseToWait(returned) {
  if (typeof returned?.then === "function") {
    throw new TypeError(
      "`run` returned a promise, but a task cannot wait: every call to the host answers at once, " +
        "so take `async` away",
    );
  }
}
