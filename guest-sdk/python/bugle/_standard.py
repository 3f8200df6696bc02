"""Python's standard library in a component: what it asks an operating system for comes from the run
instead, or is refused with an exception. A component of a task has no operating system, so that
whatever is not replaced here would trap, and a trap says nothing.
"""

from __future__ import annotations

import builtins
import datetime
import errno
import io
import linecache
import logging
import os
import random
import re
import sys
import time
import traceback
from types import ModuleType
from typing import Any, Callable, Iterator, NoReturn

import _strptime  # noqa: F401  `strptime` imports it when it is first called.

from . import _host, log

_NS_PER_MS = 1_000_000
_stdout, _stderr = log.Stream("info"), log.Stream("error")
#: The folders that modules are in which are not Python's own, while a component is built.
_BUILD_FOLDER = re.compile(r"/\d+/")
_seeds_random = False


def replace() -> None:
    """Before the task's modules are imported, which may hold on to what they import by name."""
    _replace_clocks()
    os.urandom = random._urandom = _urandom  # type: ignore[attr-defined]


def close() -> None:
    """After the task's modules are imported: what they needed to be imported is refused from now
    on."""
    global _seeds_random
    for module in _own_modules():
        linecache.getlines(str(module.__file__))
        if module.__name__.partition(".")[0] != "bugle":
            _seeds_random = _seeds_random or any(map(_is_of_random, vars(module).values()))
    _replace_streams()
    _refuse_files()
    _refuse_late_imports()


def begin() -> None:
    """As a run begins: `random`, where a task has it, goes on from the run's own randomness."""
    if _seeds_random:
        random.seed(_host.current.random(32))


def end() -> None:
    """As a run ends: what was printed without an end of line is written."""
    _stdout.end()
    _stderr.end()


def _own_modules() -> list[ModuleType]:
    """The modules of the task and of the SDK, and whatever else is not Python's own."""
    return [
        module
        for module in list(sys.modules.values())
        if _BUILD_FOLDER.match(getattr(module, "__file__", None) or "")
    ]


def _is_of_random(value: object) -> bool:
    is_method = getattr(value, "__self__", None) is random._inst  # type: ignore[attr-defined]
    return value is random or is_method or value is random.Random


def _is_building() -> bool:
    return isinstance(_host.current, _host.NoHost)


def _now_ms() -> int:
    # While a component is built there is no run yet: the same time for every build.
    return 0 if _is_building() else _host.current.now()


def _now() -> float:
    return _now_ms() / 1_000


def _now_ns() -> int:
    return _now_ms() * _NS_PER_MS


def _replace_clocks() -> None:
    for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
        if hasattr(time, name):
            setattr(time, name, _now)
            setattr(time, name + "_ns", _now_ns)
    for name in ("gmtime", "localtime", "ctime"):
        _default_to_now(name, 0, _now)
    for name, given in (("asctime", 0), ("strftime", 1)):
        _default_to_now(name, given, lambda: time.gmtime())
    time.sleep = _sleep
    datetime.datetime = _Datetime  # type: ignore[misc]
    logging.Formatter.converter = time.gmtime


def _replace_streams() -> None:
    sys.stdout, sys.stderr = _stdout, _stderr
    sys.stdin = io.StringIO()
    handler = log.Handler()
    handler.setFormatter(_Formatter("%(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.NOTSET, force=True)
    logging.logProcesses = logging.logMultiprocessing = logging.logThreads = False


def _default_to_now(name: str, given: int, now: Callable[[], Any]) -> None:
    """The function of `time`, with the run's time for its last argument, which may be missing."""
    function = getattr(time, name)

    def with_now(*arguments: Any) -> Any:
        is_missing = len(arguments) <= given or arguments[given] is None
        return function(*arguments[:given], now()) if is_missing else function(*arguments)

    setattr(time, name, with_now)


def _sleep(seconds: float) -> NoReturn:
    raise RuntimeError("a background task does not wait: raise `bugle.Retry(after)` instead")


class _Datetime(datetime.datetime):
    """`datetime` whose present is the run's."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> "_Datetime":
        utc = cls.fromtimestamp(_now(), datetime.timezone.utc)
        return utc.replace(tzinfo=None) if tz is None else utc.astimezone(tz)

    @classmethod
    def today(cls) -> "_Datetime":
        return cls.now()

    @classmethod
    def utcnow(cls) -> "_Datetime":
        return cls.now()

    def __repr__(self) -> str:
        return "datetime." + super().__repr__()


_Datetime.__name__ = _Datetime.__qualname__ = "datetime"
_Datetime.__module__ = "datetime"


def _urandom(count: int) -> bytes:
    if _is_building():
        # The same for every build.
        return random.Random(count).randbytes(count)
    parts = []
    while count > 0:
        # The contract's most for one call.
        parts.append(_host.current.random(min(count, 4_096)))
        count -= len(parts[-1])
    return b"".join(parts)


def _no_files(*_arguments: Any, **_named: Any) -> NoReturn:
    raise PermissionError(errno.EPERM, "a background task has no files")


class _NoLateImports:
    """Finds no module: a component has those that were imported while it was built."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        raise ModuleNotFoundError(
            f"the module `{name}` is not in the component: import it at the top of the task's"
            " module, not in a function",
            name=name,
        )


def _refuse_files() -> None:
    # `open`, and all functions of `os` that take a path or a descriptor.
    builtins.open = io.open = _no_files
    for name in os.__all__:
        function = getattr(os, name, None)
        if name in _OF_FILES and function is not None:
            setattr(os, name, _no_files)
    # These parse sources to mark a part of a line, and the parser opens files to say what is wrong.
    traceback._extract_caret_anchors_from_line_segment = lambda segment: None  # type: ignore
    traceback.StackSummary._should_show_carets = lambda *_arguments: False  # type: ignore
    linecache.checkcache = lambda filename=None: None
    linecache.updatecache = lambda filename, module_globals=None, **_named: []


_OF_FILES = frozenset(
    "access chdir chmod close dup dup2 fdatasync fdopen fstat fsync ftruncate getcwd getcwdb link"
    " listdir lseek lstat makedirs mkdir open popen pread pwrite read readlink remove removedirs"
    " rename renames replace rmdir scandir stat statvfs symlink truncate unlink utime walk write"
    .split()
)


class _Formatter(logging.Formatter):
    """Formats exceptions as `traceback_of` does."""

    def formatException(self, given: Any) -> str:
        return "\n".join(traceback_of(given[1]))


def _refuse_late_imports() -> None:
    sys.meta_path[:] = [finder for finder in sys.meta_path if "PathFinder" not in repr(finder)]
    sys.meta_path.append(_NoLateImports)  # type: ignore[arg-type]


def traceback_of(error: BaseException) -> Iterator[str]:
    """The lines of a traceback, as Python prints them but for the marks below a line: the module
    `traceback` parses sources for those, and opens files to say where it could not."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from traceback_of(cause)
        is_cause = cause is error.__cause__
        yield _CAUSE if is_cause else _CONTEXT
    yield "Traceback (most recent call last):"
    for frame, number in traceback.walk_tb(error.__traceback__):
        path, function = frame.f_code.co_filename, frame.f_code.co_name
        yield f'  File "{_BUILD_FOLDER.sub("", path, count=1)}", line {number}, in {function}'
        line = linecache.getline(path, number).strip()
        if line:
            yield "    " + line
    yield message_of(error)


_CAUSE = "The above exception was the direct cause of the following exception:"
_CONTEXT = "During handling of the above exception, another exception occurred:"


def message_of(error: BaseException) -> str:
    """The last line of a traceback."""
    name, text = type(error).__qualname__, str(error)
    return f"{name}: {text}" if text else name
