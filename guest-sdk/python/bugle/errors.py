"""How a task ends when it does not end well, and why a call to the host failed.

| the function | what the host does |
| --- | --- |
| returns | commits all that the run did, in one transaction |
| raises `Retry` | keeps nothing but the log; tries again after the pause |
| raises `Rejected` | keeps nothing but the log; a dead letter at once |
| raises `Failed`, or anything else | keeps nothing but the log; tries again with growing pauses |

Whatever is no `TaskError` leaves its traceback in the log.
"""

from __future__ import annotations

from datetime import timedelta

#: The longest pause that the contract knows, in milliseconds: 24 hours.
RETRY_MS_MAX = 24 * 60 * 60 * 1_000


class TaskError(Exception):
    """An end that the host acts on. Its text is kept with the run, cut at 4 KiB."""


class Failed(TaskError):
    """It went wrong. The host tries again with growing pauses, up to the attempt limit, then keeps
    the trigger as a dead letter with this message."""


class Rejected(TaskError):
    """Never: this trigger will not succeed however often it is tried. A dead letter at
    once."""


class Retry(TaskError):
    """Not now. The host tries again after `after` (a `timedelta`, or seconds; at most 24 hours), or
    after its own pause. This counts as an attempt."""

    def __init__(self, after: timedelta | float | None = None) -> None:
        if isinstance(after, timedelta):
            after = after.total_seconds()
        #: The pause in milliseconds; none for the host's own.
        self.after_ms = None if after is None else _pause_ms(after)
        super().__init__("retry" if after is None else f"retry after {self.after_ms} ms")


def _pause_ms(seconds: float) -> int:
    if not seconds >= 0:
        raise ValueError(f"a pause is 0 seconds or more, not {seconds}")
    return int(min(seconds * 1_000, RETRY_MS_MAX))


class Error(Exception):
    """The host did not do what the task asked of it. The call that failed changed nothing."""

    #: The stable name of the error, as the contract has it.
    code = "other"


class InvalidPath(Error):
    """A setting's path is not one: a path is 1 to 32 names joined by `/` and at most 1,024 bytes; a
    name has 1 to 255 bytes."""

    code = "invalid-path"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"`{path}` is not the path of a setting: {reason}")


class WrongType(Error):
    """A setting holds a value of another type than the one asked for."""

    code = "wrong-type"

    def __init__(self, path: str, found: str, wanted: str) -> None:
        super().__init__(f"the setting `{path}` is of the type {found}, not {wanted}")


class ValueTooLarge(Error):
    """A setting's value is too large."""

    code = "value-too-large"

    def __init__(self, path: str, bytes_max: int) -> None:
        super().__init__(
            f"the value for the setting `{path}` is too large: it may have {bytes_max} bytes"
        )


class QuotaExceeded(Error):
    """The app's settings, or what one run changes in them, would be too much."""

    code = "quota-exceeded"

    def __init__(self, path: str, bytes_max: int) -> None:
        super().__init__(f"no room for the setting `{path}`: there may be {bytes_max} bytes in all")


class TooManySettings(Error):
    """The app has all the settings that it may have."""

    code = "too-many"

    def __init__(self, path: str, count_max: int) -> None:
        super().__init__(f"no room for the setting `{path}`: there may be {count_max} settings")


class ToastTooLarge(Error):
    """A toast, or a change to one, is too large."""

    code = "too-large"

    def __init__(self, bytes_max: int) -> None:
        super().__init__(f"the toast is too large: it may have {bytes_max} bytes of text")


class TooManyToasts(Error):
    """The run, or the app in this hour, may not raise or change another toast."""

    code = "too-many"

    def __init__(self, count_max: int) -> None:
        super().__init__(f"too many toasts: no more than {count_max} may be raised or changed")


class InvalidToast(Error):
    """A field of a toast is not as documented."""

    code = "invalid"

    def __init__(self, reason: str) -> None:
        super().__init__(f"the toast is not valid: {reason}")


class WorkTooLarge(Error):
    """Work for the app is too large."""

    code = "too-large"

    def __init__(self, key: str, bytes_max: int) -> None:
        super().__init__(
            f"the work `{key}` for the app is too large: it may have {bytes_max} bytes"
        )


class TooMuchWork(Error):
    """The run has left all the work that it may."""

    code = "too-many"

    def __init__(self, key: str, count_max: int) -> None:
        super().__init__(
            f"too much work for the app: no room for `{key}`, there may be {count_max} keys"
        )


class InvalidWork(Error):
    """The key of work for the app is not as documented."""

    code = "invalid"

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"the work `{key}` for the app is not valid: {reason}")


class OtherError(Error):
    """What a later version of the contract may add."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the host refused: {reason}")
