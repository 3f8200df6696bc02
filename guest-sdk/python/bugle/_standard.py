"""Python's standard library in a component: what it asks an operating system for comes from the run
instead, or is refused with an exception. A component of a task has no operating system, so that
whatever is not replaced here would trap, and a trap says nothing.
"""

from __future__ import annotations

import errno
import io
import json
import linecache
import logging
import os
import sys
import time
import traceback
from types import BuiltinFunctionType, ModuleType
from typing import Any, Callable, NoReturn

import _strptime  # noqa: F401  `strptime` imports it when it is first called.

from . import _virtual, log
from ._json import too_deep
from ._traceback import BUILD_FOLDER

_stdout, _stderr = log.Stream("info"), log.Stream("error")
#: Lists and objects within one another that Python's parser of JSON, which calls itself, has the
#: stack for: about half of what a component was seen to have.
_JSON_DEPTH_MAX = 500


def replace() -> None:
    """Before the task's modules are imported, which may hold on to what they import by name."""
    _virtual.put(_modules())
    logging.Formatter.converter = time.gmtime


def close() -> None:
    """After the task's modules are imported: what they needed to be imported is refused from now
    on."""
    for module in _modules():
        # The task's, the SDK's, and whatever else is not Python's own.
        if BUILD_FOLDER.match(getattr(module, "__file__", None) or ""):
            linecache.getlines(str(module.__file__))
    _replace_streams()
    _refuse_system()
    _refuse_late_imports()
    _refuse_deep_json()


def begin() -> None:
    """As a run begins."""
    _virtual.begin()


def end() -> None:
    """As a run ends: what was printed without an end of line is written."""
    _stdout.end()
    _stderr.end()


def _modules() -> list[ModuleType]:
    return [module for module in list(sys.modules.values()) if isinstance(module, ModuleType)]


def _replace_streams() -> None:
    sys.stdout, sys.stderr = _stdout, _stderr
    sys.stdin = io.StringIO()
    logging.basicConfig(handlers=[log.Handler()], level=logging.NOTSET, force=True)
    logging.logProcesses = logging.logMultiprocessing = logging.logThreads = False


def _refuse_system() -> None:
    sys.addaudithook(_refuse_audited)
    # What does something before an audit is told of it, or tells of nothing.
    refused = [
        (function, _refused(f"operating system: os.{name}"))
        for name, function in vars(os).items()
        if isinstance(function, BuiltinFunctionType) and name not in _WITHOUT_SYSTEM
    ]
    for module, names, missing in _UNAUDITED:
        functions = vars(sys.modules[module]) if module in sys.modules else {}
        refused += [(functions[name], _refused(missing)) for name in names if name in functions]
    _virtual.swap(_modules(), refused)
    # These parse sources to mark a part of a line.
    traceback._extract_caret_anchors_from_line_segment = lambda segment: None  # type: ignore
    traceback.StackSummary._should_show_carets = lambda *_arguments: False  # type: ignore
    linecache.checkcache = lambda filename=None: None
    linecache.updatecache = lambda filename, module_globals=None, **_named: []


def _refuse_audited(event: str, _arguments: Any) -> None:
    """Called before the interpreter does what a security audit would want to know: also where it
    opens a source on its own, to say where an error is."""
    missing = _AUDITED.get(event.partition(".")[0])
    if missing is not None and not _virtual.is_building():
        raise _error(missing)


def _refused(missing: str) -> Callable[..., NoReturn]:
    def refuse(*_arguments: Any, **_named: Any) -> NoReturn:
        raise _error(missing)

    return refuse


def _error(missing: str) -> PermissionError:
    return PermissionError(errno.EPERM, f"a background task has no {missing}")


#: Audited events, by their first word, and what there is none of.
_AUDITED = {"open": "files", "socket": "sockets"}
_LOOKUPS = ("getaddrinfo", "gethostbyaddr", "gethostbyname", "gethostbyname_ex", "getnameinfo")
#: Modules, functions in them, and what there is none of.
_UNAUDITED = (
    ("_socket", _LOOKUPS, "sockets"),
    ("socket", _LOOKUPS, "sockets"),
    ("select", ("select", "poll"), "sockets"),
    ("subprocess", ("Popen",), "processes"),
)
#: Functions of `os` that ask nothing of a system.
_WITHOUT_SYSTEM = frozenset(
    "cpu_count fspath getpid putenv strerror uname unsetenv waitstatus_to_exitcode".split()
)


class _NoLateImports:
    """Finds no module: a component has those that were imported while it was built."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        raise ModuleNotFoundError(
            f"the module `{name}` is not in the component: import it at the top of the task's"
            " module, not in a function",
            name=name,
        )


def _refuse_late_imports() -> None:
    sys.meta_path[:] = [finder for finder in sys.meta_path if "PathFinder" not in repr(finder)]
    sys.meta_path.append(_NoLateImports)  # type: ignore[arg-type]


def _refuse_deep_json() -> None:
    decode = json.JSONDecoder.raw_decode

    def raw_decode(self: json.JSONDecoder, s: str, idx: int = 0) -> tuple[Any, int]:
        if too_deep(s, _JSON_DEPTH_MAX, idx) is not None:
            raise RecursionError("maximum recursion depth exceeded while decoding JSON")
        return decode(self, s, idx)

    json.JSONDecoder.raw_decode = raw_decode  # type: ignore[method-assign]
