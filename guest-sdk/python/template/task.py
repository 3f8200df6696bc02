"""Counts pushes, and shows what each of them says."""

from bugle import Rejected, Toast, Trigger, badge, raw_notification, settings

UNREAD = "inbox/unread"


def run(trigger: Trigger) -> None:
    """Called once for each push; what it does is committed when it returns."""
    push = raw_notification(trigger)
    try:
        text = push.text()
    except UnicodeDecodeError:
        raise Rejected("the push is not text") from None
    unread = settings.get(UNREAD, int, 0) + 1
    settings[UNREAD] = unread
    badge.set_number(unread)
    Toast("New message", body=text, tag="inbox").show()
    print("unread:", unread)
