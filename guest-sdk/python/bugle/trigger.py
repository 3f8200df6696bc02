"""Why the task was woken, and with what. A manifest names the kinds that a task takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Union

from ._json import parse
from .errors import Rejected


@dataclass
class RawNotification:
    """A raw push notification, as the sender gave it."""

    #: The channel's name in the manifest.
    channel: str
    #: 0 to 5,000 bytes, decrypted where the protocol encrypts.
    content: bytes
    #: The sender's media type, if it gave one.
    content_type: str | None
    #: Headers meant for the task, names in lower case: at most 16, at most 4 KiB together.
    headers: list[tuple[str, str]]
    #: When the host made it durable.
    received_at: datetime

    kind = "raw-notification"

    def text(self) -> str:
        """The content as text. Raises `UnicodeDecodeError`, a `ValueError`."""
        return self.content.decode()

    def json(self) -> Any:
        """The content as JSON that can be handed on. Raises a `ValueError` for what is none, and
        for what `json.loads` takes all the same: half of a surrogate pair, numbers that a float cannot
        hold, and more than 127 lists and objects within one another."""
        return parse(self.content)

    def header(self, name: str) -> str | None:
        """The first header of a name, which is in lower case."""
        return next((value for known, value in self.headers if known == name), None)


@dataclass
class ToastActivation:
    """Somebody chose a toast, or one of its actions."""

    tag: str | None
    group: str | None
    #: The `argument` of the toast or of the action that was chosen.
    argument: str
    #: What was typed or selected, by the id of the input; at most 5, at most 2 KiB each.
    inputs: dict[str, str]

    kind = "toast-activated"


@dataclass
class ToastDismissal:
    """A toast left the screen without being chosen."""

    tag: str | None
    group: str | None
    #: `by-user`, `by-app` or `expired`.
    reason: str

    kind = "toast-dismissed"


@dataclass
class TimerTick:
    """A timer of the manifest is due."""

    #: The timer's name in the manifest.
    name: str
    due_at: datetime
    #: Ticks that passed while the host was down or a condition did not hold.
    missed: int

    kind = "timer"


@dataclass
class ApplicationRequest:
    """The app asked for this run itself."""

    #: At most 64 KiB.
    content: bytes
    content_type: str | None

    kind = "application"

    def text(self) -> str:
        """The content as text. Raises `UnicodeDecodeError`, a `ValueError`."""
        return self.content.decode()

    def json(self) -> Any:
        """The content as JSON. Raises a `ValueError` as `RawNotification.json` does."""
        return parse(self.content)


@dataclass
class ChannelExpiry:
    """A channel ends soon: the app should open another and tell its senders."""

    channel: str
    expires_at: datetime

    kind = "channel-expiring"


@dataclass
class SystemEvent:
    """Something around the app changed."""

    #: `internet-available`, `user-present`, `user-away`, `session-connected`,
    #: `power-source-changed`, `time-zone-changed`, `app-updated` or `other`.
    event: str
    #: The version before, of `app-updated`; what it is, of `other`.
    detail: str | None = None

    kind = "system"


@dataclass
class CustomEvent:
    """A trigger of the embedder's own."""

    #: Reverse-DNS, chosen by the embedder.
    event: str
    #: At most 64 KiB.
    content: bytes

    kind = "custom"


Trigger = Union[
    RawNotification,
    ToastActivation,
    ToastDismissal,
    TimerTick,
    ApplicationRequest,
    ChannelExpiry,
    SystemEvent,
    CustomEvent,
]
"""One of the kinds; each has its name in the manifest as `kind`."""


def raw_notification(trigger: Trigger) -> RawNotification:
    """The raw notification, for a task that takes no other trigger.

    Raises `Rejected` if the manifest lets another kind wake the task.
    """
    if isinstance(trigger, RawNotification):
        return trigger
    raise Rejected(
        f"this task takes raw notifications only, and was woken by `{trigger.kind}`"
    )
