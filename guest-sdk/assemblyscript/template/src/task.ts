import { badge, log, settings, task, TaskError, Toast, toasts, Trigger } from "bugle";

/** Counts pushes, and shows what each of them says. */
function run(trigger: Trigger): TaskError | null {
  const push = trigger.rawNotification;
  if (push == null) return trigger.rejectedKind();
  const text = push.text();
  if (text == null) return TaskError.rejected("the push is not UTF-8");

  const before = settings.getInteger("inbox/unread");
  if (before.failure != null) return TaskError.from(before.failure!);
  const unread = before.value + 1;
  let failure = settings.setInteger("inbox/unread", unread);
  if (failure != null) return TaskError.from(failure);
  badge.setNumber(<u32>unread);

  const toast = new Toast("New message");
  toast.body = text;
  toast.tag = "inbox";
  failure = toasts.show(toast);
  if (failure != null) return TaskError.from(failure);
  log.info(`unread: ${unread}`);
  return null;
}

task(run);
