/** Announces new mails: a toast each, the unread count on the badge, and work for the app. */

import {
  badge, context, Failure, FailureCode, Got, log, settings, task, TaskError, Toast, toasts, Trigger,
} from "bugle";
import { after, ids, Mail, parse } from "./mail";

/** How many mails nobody has read yet; the app lowers it. */
const UNREAD = "inbox/unread";
/** The id of the newest mail that was announced. */
const LAST = "inbox/last";
/** More toasts than this at once are noise; the rest share one. */
const TOASTS_MAX = 5;

/** Takes a JSON list of new mails, the oldest first. */
function run(trigger: Trigger): TaskError | null {
  const push = trigger.rawNotification;
  if (push == null) return trigger.rejectedKind();
  const parsed = parse(push.content);
  const error = parsed.error;
  if (error != null) return TaskError.rejected(error);
  const last = settings.getText(LAST);
  if (last.failure != null) return TaskError.from(last.failure!);
  // No mail has an empty id, so that no setting is as good as an empty one.
  const mails = after(parsed.mails, last.value);
  if (mails.length == 0) {
    log.info(`mails: ${parsed.mails.length}, none of them new`);
    return null;
  }
  const failure = announce(mails);
  return failure != null ? TaskError.from(failure) : null;
}

/** All that is done about new mails. */
function announce(mails: Array<Mail>): Failure | null {
  let failure = show(mails);
  if (failure != null) return failure;
  const unread = count(mails.length);
  if (unread.failure != null) return unread.failure;
  failure = settings.setText(LAST, mails[mails.length - 1].id);
  if (failure != null) return failure;
  failure = context.onResume("sync", ids(mails));
  if (failure != null) return failure;
  log.info(`new mails: ${mails.length}, unread: ${unread.value}`);
  return null;
}

/** A toast for each of the first mails, and one for the rest. */
function show(mails: Array<Mail>): Failure | null {
  let failure: Failure | null = null;
  const shown = min(mails.length, TOASTS_MAX);
  for (let i = 0; i < shown && failure == null; i++) failure = mails[i].show();
  if (mails.length > shown && failure == null) {
    const more = new Toast(`and ${mails.length - shown} more`);
    more.tag = "more";
    more.group = "mail";
    failure = toasts.show(more);
  }
  if (failure != null && failure.code == FailureCode.TooMany) {
    // The hour's toasts are used up. The mails still count as unread.
    log.warn(failure.message);
    return null;
  }
  return failure;
}

/** Adds to the unread mails, and shows their number on the badge. */
function count(added: i32): Got<i64> {
  const before = settings.getInteger(UNREAD);
  if (before.failure != null) return before;
  const known = max<i64>(before.value, 0);
  const unread = known > i64.MAX_VALUE - added ? i64.MAX_VALUE : known + added;
  const failure = settings.setInteger(UNREAD, unread);
  if (failure == null) badge.setNumber(<u32>min<i64>(unread, u32.MAX_VALUE));
  return new Got<i64>(unread, true, failure);
}

task(run);
