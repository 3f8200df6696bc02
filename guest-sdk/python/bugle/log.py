"""What a task has to say to its author. Kept with the run, however the run ends: at most 64 KiB in
at most 1,000 lines of 2 KiB; the rest is cut and counted.

`print` and the module `logging` end up here too: what goes to standard output at `info`, what goes
to standard error at `error`, and records at their own level.
"""

from __future__ import annotations

import io
import logging
from typing import Any

from . import _host
from ._traceback import traceback_of

#: From what is least to what is most.
LEVELS = ("trace", "debug", "info", "warn", "error")


def write(level: str, message: str) -> None:
    """Writes one line at one of `LEVELS`. Raises `ValueError` for another."""
    if level not in LEVELS:
        raise ValueError(f"there is no level `{level}`: there are {', '.join(LEVELS)}")
    if not message.isascii():
        message = message.encode("utf-8", "replace").decode()
    _host.current.write_log(level, message)


def trace(message: str) -> None:
    """Writes a line for whoever follows each step."""
    write("trace", message)


def debug(message: str) -> None:
    """Writes a line for whoever looks for a fault."""
    write("debug", message)


def info(message: str) -> None:
    """Writes a line for whoever wants to know what happened."""
    write("info", message)


def warn(message: str) -> None:
    """Writes a line about what should not be, and was got over."""
    write("warn", message)


def error(message: str) -> None:
    """Writes a line about what went wrong."""
    write("error", message)


class Stream(io.TextIOBase):
    """A standard stream that ends in the log, a line a line."""

    encoding = "utf-8"

    def __init__(self, level: str) -> None:
        self._level = level
        self._rest = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            write(self._level, line)
        return len(text)

    def end(self) -> None:
        """Writes what has no end of line yet: a run is over."""
        rest, self._rest = self._rest, ""
        if rest:
            write(self._level, rest)


class Handler(logging.Handler):
    """Hands records of the module `logging` to the log, at their level."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(_Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            for line in self.format(record).split("\n"):
                write(_level(record.levelno), line)
        except Exception:
            self.handleError(record)


class _Formatter(logging.Formatter):
    """Formats exceptions as they are logged where a run fails."""

    def formatException(self, given: Any) -> str:
        return "\n".join(traceback_of(given[1]))


def _level(number: int) -> str:
    if number >= logging.ERROR:
        return "error"
    if number >= logging.WARNING:
        return "warn"
    if number >= logging.INFO:
        return "info"
    return "debug" if number >= logging.DEBUG else "trace"
