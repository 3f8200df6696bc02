"""The host that a task calls: the contract's imports in a component, a host in the same process in
a test. Every call of the SDK goes through `current`."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Type, TypeVar

_MS = timedelta(milliseconds=1)
#: The last millisecond that a `datetime` can hold; later ones are read as this one.
_MS_MAX = (datetime.max - datetime(1970, 1, 1)) // _MS

T = TypeVar("T")


class NoHost:
    """What is there outside of a run."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise RuntimeError(
            "there is no host here: a task's functions work while `run` does; in a test, call it by"
            " `bugle.testing.Run`"
        )


current: Any = NoHost()


def moment(ms: int) -> datetime:
    """A timestamp of the contract, in UTC."""
    return _epoch() + timedelta(milliseconds=min(ms, _MS_MAX))


def milliseconds(moment: datetime) -> int:
    """A moment as the contract's timestamp; one without a time zone is in UTC. Raises `ValueError`
    before 1970."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    ms = (moment - _epoch()) // _MS
    if ms < 0:
        raise ValueError(f"a timestamp is of 1970 or later, not {moment.isoformat()}")
    return ms


def _epoch() -> datetime:
    # Made anew, since the class is another one in a component once time is the run's.
    return datetime(1970, 1, 1, tzinfo=timezone.utc)


def check_type(name: str, value: Any, kind: Type[T]) -> T:
    """A value of a type that the contract can carry: any other would trap in a component."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be of the type {kind.__name__}, not {type(value).__name__}")
    return value


def check_text(name: str, text: Any) -> str:
    """Text that the contract can carry: no half of a surrogate pair."""
    if not isinstance(text, str):
        check_type(name, text, str)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ValueError(
                f"{name} is not text: it has half of a surrogate pair at {error.start}"
            ) from None
    return text


def check_u32(name: str, number: Any) -> int:
    """A whole number that the contract can carry."""
    if not 0 <= check_type(name, number, int) <= 0xFFFF_FFFF:
        raise ValueError(f"{name} is 0 to 4294967295, not {number}")
    return int(number)
