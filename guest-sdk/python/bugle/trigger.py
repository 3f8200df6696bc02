"""Why the task was woken, and with what. A manifest names the kinds that a task takes."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, Union

from .errors import Rejected


def _text(content: bytes) -> str:
    return content.decode("utf-8")


def _json(content: bytes) -> Any:
    text = _text(content)
    if text.count("[") + text.count("{") > JSON_DEPTH_MAX:
        _check_depth(text)
    is_long = len(text) > _DIGITS_SAFE
    value = json.loads(
        text,
        parse_constant=_refuse_number,
        parse_float=_number,
        # A whole number of fewer digits needs no look.
        parse_int=_whole_number if is_long else None,
    )
    at = text.find("\\u")
    if at >= 0:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise json.JSONDecodeError("Lone surrogate", text, at) from None
    return value


#: How many lists and objects may be within one another.
JSON_DEPTH_MAX = 127
#: Texts, and where lists and objects begin and end.
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}]', re.DOTALL)
#: Any number of so many digits is one that a float can hold.
_DIGITS_SAFE = 308


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(f"{text[:40]} is not a number of JSON that a float can hold")


def _number(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse_number(text)


def _whole_number(text: str) -> int:
    _number(text)
    return int(text)


def _check_depth(text: str) -> None:
    """Before it is parsed, since the parser calls itself, and a component has little stack."""
    depth = 0
    for token in _TOKENS.finditer(text):
        if token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
        if depth > JSON_DEPTH_MAX:
            raise json.JSONDecodeError("Nested too deep", text, token.start())


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
        return _text(self.content)

    def json(self) -> Any:
        """The content as JSON that can be handed on. Raises a `ValueError` for what is none, and
        for what `json.loads` takes all the same: half of a surrogate pair, numbers that a float cannot
        hold, and more than 127 lists and objects within one another."""
        return _json(self.content)

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
        return _text(self.content)

    def json(self) -> Any:
        """The content as JSON. Raises a `ValueError` as `RawNotification.json` does."""
        return _json(self.content)


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
