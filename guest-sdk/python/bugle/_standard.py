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
import sys
import time
import traceback
from typing import Any, Callable, NoReturn

import _strptime  # noqa: F401  `strptime` imports it when it is first called.

from . import _host, log

_NS_PER_MS = 1_000_000
_stdout, _stderr = log.Stream("info"), log.Stream("error")


def replace() -> None:
    """Once, while the component is built."""
    sys.stdout, sys.stderr = _stdout, _stderr
    sys.stdin = io.StringIO()
    logging.basicConfig(handlers=[log.Handler()], level=logging.NOTSET, force=True)
    logging.logProcesses = logging.logMultiprocessing = logging.logThreads = False
    _replace_clocks()
    _replace_randomness()
    _refuse_files()


def begin() -> None:
    """As a run begins: `random` goes on from the run's own randomness."""
    random.seed(_host.current.random(32))


def end() -> None:
    """As a run ends: what was printed without an end of line is written."""
    _stdout.end()
    _stderr.end()


def _now_ns() -> int:
    return _host.current.now() * _NS_PER_MS


def _replace_clocks() -> None:
    for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
        if hasattr(time, name):
            setattr(time, name, lambda: _host.current.now() / 1_000)
            setattr(time, name + "_ns", _now_ns)
    for name in ("gmtime", "localtime", "ctime"):
        _default_to_now(name, 0, lambda: _host.current.now() / 1_000)
    _default_to_now("asctime", 0, lambda: time.gmtime())
    _default_to_now("strftime", 1, lambda: time.gmtime())
    time.sleep = _sleep
    datetime.datetime = _Datetime
    logging.Formatter.converter = time.gmtime


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
        utc = cls.fromtimestamp(_host.current.now() / 1_000, datetime.timezone.utc)
        return utc.replace(tzinfo=None) if tz is None else utc.astimezone(tz)

    @classmethod
    def today(cls) -> "_Datetime":
        return cls.now()

    @classmethod
    def utcnow(cls) -> "_Datetime":
        return cls.now()


_Datetime.__name__ = _Datetime.__qualname__ = "datetime"
_Datetime.__module__ = "datetime"


def _urandom(count: int) -> bytes:
    parts = []
    while count > 0:
        # The contract's most for one call.
        parts.append(_host.current.random(min(count, 4_096)))
        count -= len(parts[-1])
    return b"".join(parts)


def _replace_randomness() -> None:
    os.urandom = _urandom
    random._urandom = _urandom  # type: ignore[attr-defined]


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
    linecache.checkcache = lambda filename=None: None
    linecache.updatecache = lambda filename, module_globals=None, **_named: []


_OF_FILES = frozenset(
    "access chdir chmod close dup dup2 fdatasync fdopen fstat fsync ftruncate getcwd getcwdb link"
    " listdir lseek lstat makedirs mkdir open popen pread pwrite read readlink remove removedirs"
    " rename renames replace rmdir scandir stat statvfs symlink truncate unlink utime walk write"
    .split()
)


def forbid_late_imports() -> None:
    """After the task's own imports: another would look for a file, and there is none."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if "PathFinder" not in repr(finder)]
    sys.meta_path.append(_NoLateImports)  # type: ignore[arg-type]


def keep_source(path: str | None) -> None:
    """Keeps the lines of a file for tracebacks."""
    if path:
        linecache.getlines(path)


def traceback_of(error: BaseException) -> str:
    """The traceback as Python prints it."""
    return "".join(traceback.format_exception(error)).rstrip("\n")
