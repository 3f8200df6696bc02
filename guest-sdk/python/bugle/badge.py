"""The mark on the app's icon and on the lock screen. The last one set in a run is committed with
it."""

from __future__ import annotations

from . import _host

#: The signs there are.
GLYPHS = (
    "activity",
    "alarm",
    "alert",
    "attention",
    "available",
    "away",
    "busy",
    "error",
    "new-message",
    "paused",
    "playing",
    "unavailable",
)


def get() -> int | str | None:
    """The mark as it is now, this run's own change included: a number, a glyph, or none."""
    return _host.current.badge()


def set_number(number: int) -> None:
    """Shows a number, as 99+ above 99; 0 clears. A number above 4294967295 is that one."""
    _host.current.set_badge(_host.check_u32("a badge", min(number, 0xFFFF_FFFF)))


def set_glyph(glyph: str) -> None:
    """Shows a sign, one of `GLYPHS`."""
    if glyph not in GLYPHS:
        raise ValueError(f"there is no glyph `{glyph}`: there are {', '.join(GLYPHS)}")
    _host.current.set_badge(glyph)


def clear() -> None:
    """Takes the mark away."""
    _host.current.set_badge(None)
