import { badge, localSettings, toasts } from "#bugle";

/** Counts pushes, and shows what each of them says. */
export function run(trigger) {
  const push = trigger.asRawNotification();
  const unread = (localSettings.get("inbox/unread", "integer") ?? 0) + 1;
  localSettings.set("inbox/unread", unread);
  badge.set(unread);
  toasts.show({ title: "New message", body: push.text(), tag: "inbox" });
  console.info("unread: %d", unread);
}
