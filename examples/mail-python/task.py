"""Announces new mails: a toast each, the unread count on the badge, and work for the app."""

from __future__ import annotations

import mail
from bugle import Error, Failed, Toast, Trigger, badge, context, log, raw_notification, settings
from bugle.errors import TooManyToasts
from mail import Mail

#: How many mails nobody has read yet; the app lowers it.
UNREAD = "inbox/unread"
#: The id of the newest mail that was announced.
LAST = "inbox/last"
#: More toasts than this at once are noise; the rest share one.
TOASTS_MAX = 5
#: The most that a setting can count to.
COUNT_MAX = 2**63 - 1


def run(trigger: Trigger) -> None:
    """Takes a JSON list of new mails, the oldest first."""
    mails = mail.parse(raw_notification(trigger))
    try:
        announce(mails)
    except Error as error:
        # It names the setting or the toast: a traceback would say no more.
        raise Failed(str(error)) from None


def announce(mails: list[Mail]) -> None:
    """Toasts, counts and remembers the mails that are new."""
    new = mail.after(mails, settings.get(LAST, str))
    if not new:
        log.info(f"mails: {len(mails)}, none of them new")
        return
    show(new)
    unread = count(len(new))
    settings[LAST] = new[-1].id
    context.on_resume("sync", mail.ids(new))
    log.info(f"new mails: {len(new)}, unread: {unread}")


def show(mails: list[Mail]) -> None:
    """A toast for each of the first mails, and one for the rest."""
    toasts = [mail.toast() for mail in mails[:TOASTS_MAX]]
    more = len(mails) - TOASTS_MAX
    if more > 0:
        toasts.append(Toast(f"and {more} more", tag="more", group="mail"))
    try:
        for toast in toasts:
            toast.show()
    except TooManyToasts as error:
        # The hour's toasts are used up. The mails still count as unread.
        log.warn(str(error))


def count(new: int) -> int:
    """Adds to the unread mails, and shows their number on the badge."""
    unread = min(max(settings.get(UNREAD, int, 0), 0) + new, COUNT_MAX)
    settings[UNREAD] = unread
    badge.set_number(unread)
    return unread
