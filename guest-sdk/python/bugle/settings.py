"""The app's settings: what its tasks remember, and what its user interface reads.

A path is names joined by `/`: `unread`, `inbox/unread`. Everything before the last name is a
container; containers appear when something is set in them and go with their last setting. A name
has 1 to 255 bytes and no `/`; a path has at most 32 names and 1,024 bytes.

A value is a `bool`, an `int` of 64 bits, a `float`, a `str`, `bytes`, or a `datetime` (of 1970 or
later, to the millisecond; in UTC if it has no time zone), of at most 8 KiB; an app has at most 1 MiB
in at most 4,096 settings. Reads see this run's own writes; writes are committed with the rest of the
run if it ends well.
"""

from __future__ import annotations

from datetime import datetime
from typing import Iterator, Type, TypeVar, Union, overload

from . import _host
from .errors import WrongType

Value = Union[bool, int, float, str, bytes, datetime]
"""What a setting can hold."""

T = TypeVar("T", bool, int, float, str, bytes, datetime)

#: What the contract calls each type.
KINDS: dict[type, str] = {
    bool: "boolean",
    int: "integer",
    float: "float",
    str: "text",
    bytes: "bytes",
    datetime: "timestamp",
}


def kind_of(value: object) -> str:
    """What the contract calls the type of a value. Raises `TypeError` if no setting can hold it."""
    return _kind(type(value))


def _kind(of: object) -> str:
    if isinstance(of, type):
        if of in KINDS:
            return KINDS[of]
        # A subclass, as `datetime` is one in a component.
        for known, kind in KINDS.items():
            if issubclass(of, known):
                return kind
    raise TypeError(
        f"a setting cannot hold a {getattr(of, '__name__', of)}: see bugle.settings"
    )


def _check(value: Value) -> str:
    kind = kind_of(value)
    if kind == "integer" and not -(2**63) <= value < 2**63:  # type: ignore[operator]
        raise ValueError(f"a setting holds an int of 64 bits, not {value!r}")
    if kind == "text":
        _host.check_text("the value of a setting", value)
    return kind


class Settings:
    """All settings of the app, as a mapping from path to value."""

    @overload
    def get(self, path: str, type: Type[T]) -> T | None: ...
    @overload
    def get(self, path: str, type: Type[T], default: T) -> T: ...
    def get(self, path, type, default=None):  # type: ignore[no-untyped-def]
        """What is set at a path, as a type; `default` where nothing is set.

        Raises `WrongType` if the value is of another type, `TypeError` if no setting is of that
        type, and `InvalidPath`.
        """
        wanted = _kind(type)
        value = _host.current.get_setting(_host.check_text("a path", path))
        if value is None:
            return default
        found = kind_of(value)
        if found != wanted:
            raise WrongType(path, found, wanted)
        return value

    def __getitem__(self, path: str) -> Value:
        """Whatever is set at a path. Raises `KeyError` where nothing is, and `InvalidPath`."""
        value: Value | None = _host.current.get_setting(_host.check_text("a path", path))
        if value is None:
            raise KeyError(path)
        return value

    def __contains__(self, path: str) -> bool:
        return _host.current.get_setting(_host.check_text("a path", path)) is not None

    def __setitem__(self, path: str, value: Value) -> None:
        """Sets a value, in place of whatever value and type was there.

        Raises `ValueTooLarge`, `QuotaExceeded`, `TooManySettings` and `InvalidPath`, `TypeError`
        for a value of another type, and `ValueError` for one that is out of the type's range;
        nothing was set then.
        """
        kind = _check(value)
        _host.current.set_setting(_host.check_text("a path", path), kind, value)

    def __delitem__(self, path: str) -> None:
        """Removes a setting. Raises `KeyError` where nothing is set, and `InvalidPath`."""
        if not self.remove(path):
            raise KeyError(path)

    def remove(self, path: str) -> bool:
        """Removes a setting; says whether there was one. Raises `InvalidPath`."""
        return _host.current.remove_setting(_host.check_text("a path", path))

    def clear(self, container: str = "") -> int:
        """Removes a container and all in it; the empty path clears the app. How many settings went.

        Raises `InvalidPath`, and `QuotaExceeded` if a run may not change so much.
        """
        return _host.current.clear_settings(_host.check_text("a container", container))

    def names(self, container: str = "") -> Iterator[tuple[str, bool]]:
        """What is in a container, in the order of the bytes of the names: each name, and whether it
        is a container. A name that is both comes twice, the setting first. Raises `InvalidPath`."""
        after = None
        _host.check_text("a container", container)
        while True:
            page, after = _host.current.setting_names(container, after)
            yield from page
            if after is None:
                return

    def __iter__(self) -> Iterator[str]:
        """The paths of all settings."""
        return self._paths("")

    def _paths(self, container: str) -> Iterator[str]:
        for name, is_container in self.names(container):
            path = f"{container}/{name}" if container else name
            if is_container:
                yield from self._paths(path)
            else:
                yield path

    @property
    def version(self) -> int:
        """The version of the app's settings, 0 at first: for an app to know what shape its data
        has."""
        return _host.current.settings_version()

    @version.setter
    def version(self, version: int) -> None:
        _host.current.set_settings_version(_host.check_u32("a version", version))


settings = Settings()
