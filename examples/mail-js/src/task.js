// Announces new mails: a toast each, the unread count on the badge, and work for the app.
import { BugleError, TaskError, badge, context, localSettings, log, toasts } from "#bugle";
import { after, parse, toToast } from "./mail.js";

/** How many mails nobody has read yet; the app lowers it. */
export const UNREAD = "inbox/unread";
/** The id of the newest mail that was announced. */
export const LAST = "inbox/last";
/** More toasts than this at once are noise; the rest share one. */
const TOASTS_MAX = 5;

/** Takes a JSON list of new mails, the oldest first. */
export function run(trigger) {
  const { content } = trigger.asRawNotification();
  const mails = read(content);
  const fresh = after(mails, localSettings.get(LAST, "text"));
  if (fresh.length === 0) {
    log.info(`mails: ${mails.length}, none of them new`);
    return;
  }
  show(fresh);
  const unread = count(fresh.length);
  localSettings.set(LAST, fresh.at(-1).id);
  context.onResume("sync", JSON.stringify(fresh.map((mail) => mail.id)));
  log.info(`new mails: ${fresh.length}, unread: ${unread}`);
}

function read(content) {
  try {
    return parse(content);
  } catch (error) {
    throw TaskError.rejected(error.message);
  }
}

/** A toast for each of the first mails, and one for the rest. */
function show(mails) {
  const shown = mails.slice(0, TOASTS_MAX).map(toToast);
  const more = mails.length - shown.length;
  if (more > 0) shown.push({ title: `and ${more} more`, tag: "more", group: "mail" });
  try {
    shown.forEach(toasts.show);
  } catch (error) {
    if (!(error instanceof BugleError) || error.code !== "too-many") throw error;
    // The hour's toasts are used up. The mails still count as unread.
    log.warn(error.message);
  }
}

/** The count as it is; about that, if it is beyond what JavaScript can hold. */
function stored() {
  try {
    return localSettings.get(UNREAD, "integer") ?? 0;
  } catch (error) {
    if (error instanceof BugleError && error.nearest !== undefined) return error.nearest;
    throw error;
  }
}

/** Adds to the unread mails, and shows their number on the badge. */
function count(added) {
  const unread = Math.min(Math.max(stored(), 0) + added, Number.MAX_SAFE_INTEGER);
  localSettings.set(UNREAD, unread);
  badge.set(unread);
  return unread;
}
