import { Trigger } from "./trigger";
import { TaskError } from "./outcome";

/** A task that was given to nobody never runs. */
let current: ((trigger: Trigger) => TaskError | null) | null = null;

/** Makes a function the task: call it once, at the top level. Null is that all went well. */
export function task(run: (trigger: Trigger) => TaskError | null): void {
  current = run;
}

export function runTask(trigger: Trigger): TaskError | null {
  const run = current;
  if (run == null) return TaskError.failed("the component has no task: call `task(run)`");
  return run(trigger);
}
