"""Tracebacks as Python prints them, but for the marks below a line: the module `traceback` parses
sources for those, and opens files to say where it could not. A component has no files."""

from __future__ import annotations

import builtins
import linecache
import re
import traceback
from itertools import groupby
from types import TracebackType
from typing import Iterator

#: The folders that modules are in which are not Python's own, while a component is built.
BUILD_FOLDER = re.compile(r"/\d+/")
_CAUSE = "The above exception was the direct cause of the following exception:"
_CONTEXT = "During handling of the above exception, another exception occurred:"
#: Python 3.9 and 3.10 have no groups.
_Group = getattr(builtins, "BaseExceptionGroup", ())
#: How many groups within groups are shown, and how many places in a row that are the same.
_GROUPS_MAX = 10
_REPEATS_MAX = 3


def traceback_of(error: BaseException) -> list[str]:
    """The lines of a traceback, with causes, notes and the exceptions of a group."""
    return list(_lines(error, set(), 0))


def message_of(error: BaseException) -> str:
    """The last line of a traceback."""
    name, text = type(error).__qualname__, text_of(error)
    return f"{name}: {text}" if text else name


def text_of(value: object) -> str:
    """What something says, also if that fails."""
    try:
        return str(value)
    except Exception:
        return f"<a {type(value).__name__} that has no text>"


def _lines(error: BaseException, seen: set[int], groups: int) -> Iterator[str]:
    for one, reason in reversed(_chain(error, seen)):
        yield "Traceback (most recent call last):"
        yield from _places(one.__traceback__)
        yield from message_of(one).split("\n")
        notes = getattr(one, "__notes__", None)
        for note in notes if isinstance(notes, (list, tuple)) else ():
            yield from text_of(note).split("\n")
        if isinstance(one, _Group):
            yield from _group(one, seen, groups + 1)
        if reason is not None:
            yield reason


def _chain(error: BaseException, seen: set[int]) -> list[tuple[BaseException, str | None]]:
    """An exception and what led to it, the last first, each with what it is to the one before it
    in the list. Exceptions may be one another's causes: each is there once."""
    chain = []
    at, reason = error, None
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        chain.append((at, reason))
        if at.__cause__ is not None:
            at, reason = at.__cause__, _CAUSE
        else:
            at, reason = None if at.__suppress_context__ else at.__context__, _CONTEXT
    return chain


def _group(group: BaseException, seen: set[int], depth: int) -> Iterator[str]:
    for at, error in enumerate(group.exceptions, 1):  # type: ignore[attr-defined]
        yield f"  +---------------- {at} ----------------"
        lines = _lines(error, seen, depth) if depth < _GROUPS_MAX else [message_of(error)]
        yield from ("  | " + line for line in lines)


def _places(last: TracebackType | None) -> Iterator[str]:
    places = (
        (frame.f_code.co_filename, number, frame.f_code.co_name)
        for frame, number in traceback.walk_tb(last)
    )
    for (path, number, function), same in groupby(places):
        count = len(list(same))
        line = linecache.getline(path, number).strip()
        for _ in range(min(count, _REPEATS_MAX)):
            yield f'  File "{BUILD_FOLDER.sub("", path, count=1)}", line {number}, in {function}'
            if line:
                yield "    " + line
        if count > _REPEATS_MAX:
            yield f"  [Previous line repeated {count - _REPEATS_MAX} more times]"
