"""Background tasks in Python: one function that a raw push wakes.

    from bugle import Toast, Trigger, badge, raw_notification, settings

    def run(trigger: Trigger) -> None:
        push = raw_notification(trigger)
        unread = settings.get("inbox/unread", int, 0) + 1
        settings["inbox/unread"] = unread
        badge.set_number(unread)
        Toast("New message", body=push.text(), tag="inbox").show()
        print("unread:", unread)

What the function does is kept aside while it runs, and committed in one transaction when it
returns. If it raises, only the log is kept: see `bugle.errors` for which exception does what.
Nothing here waits, and all limits are those of the contract in `wit/`.
"""

from . import badge, context, log, toasts
from .errors import Error, Failed, Rejected, Retry, TaskError
from .settings import Value, settings
from .toasts import Action, Choice, Image, Input, Progress, Toast, ToastUpdate
from .trigger import (
    ApplicationRequest,
    ChannelExpiry,
    CustomEvent,
    RawNotification,
    SystemEvent,
    TimerTick,
    ToastActivation,
    ToastDismissal,
    Trigger,
    raw_notification,
)

__all__ = [
    "Action",
    "ApplicationRequest",
    "ChannelExpiry",
    "Choice",
    "CustomEvent",
    "Error",
    "Failed",
    "Image",
    "Input",
    "Progress",
    "RawNotification",
    "Rejected",
    "Retry",
    "SystemEvent",
    "TaskError",
    "TimerTick",
    "Toast",
    "ToastActivation",
    "ToastDismissal",
    "ToastUpdate",
    "Trigger",
    "Value",
    "badge",
    "context",
    "log",
    "raw_notification",
    "settings",
    "toasts",
]
