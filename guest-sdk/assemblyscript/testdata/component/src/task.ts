/** What only a component shows: texts that are not well formed, numbers of JSON, refused times. */

import { Json, log, settings, task, TaskError, Toast, toasts, Trigger } from "bugle";

/** Half of a surrogate pair, with text before it. */
const HALF = "a😀".substring(0, 2);

function run(trigger: Trigger): TaskError | null {
  const push = trigger.rawNotification;
  if (push == null) return trigger.rejectedKind();
  const json = Json.read(push.content).value;
  if (json == null) return TaskError.rejected(HALF);
  for (let i = 0; i < json.values.length; i++) {
    const value = json.values[i];
    log.info(`${value.text}: ${value.number} ${value.isInteger} ${value.integer}`);
  }
  log.info(`${json.getNumber("n", -1)} ${json.getInteger("n", -1)} ${json.getInteger("none", 7)}`);

  log.info(`${HALF}|${"😀b".substring(1)}|😀`);
  const toast = new Toast(HALF);
  toast.tag = HALF;
  let failure = toasts.show(toast);
  if (failure == null) failure = settings.setText(HALF, HALF);
  if (failure != null) return TaskError.from(failure);
  failure = settings.setTimestamp("time", -1);
  if (failure != null) log.warn(failure.message);
  return null;
}

task(run);
