"""Makes a component of a module that has a task: `bugle build` gives it the module's name.

All that Python does before it can run a task is done here, once, while the component is built: the
component is a snapshot of the interpreter as this module leaves it.
"""

from __future__ import annotations

import gc
import importlib
import inspect
import re
import sys
from typing import Any, Callable

from . import _component, _host, _standard, log
from .errors import Error, TaskError

#: The folders that sources come from while a component is built: `/0/task.py`.
_BUILD_FOLDER = re.compile(r'(?<=File ")/\d+/')


def entry(module: str) -> type:
    """The class that componentize-py makes the contract's `entry` of."""
    run = _load(module)
    _host.current = _component.Host()

    class Entry:
        def run(self, given: Any) -> None:
            _standard.begin()
            try:
                run(_component.trigger(given))
            except TaskError as error:
                raise _component.ended(error) from None
            except BaseException as error:
                _write_traceback(error)
                raise _component.failed(_message(error)) from None
            finally:
                _standard.end()

    _standard.replace()
    _standard.forbid_late_imports()
    # What is there now stays: it is neither looked at again nor taken away.
    gc.collect()
    gc.freeze()
    gc.disable()
    return Entry


def _load(module: str) -> Callable[[Any], None]:
    """The task's function. Raises `SystemExit` with what is wrong, which fails the build."""
    run = getattr(importlib.import_module(module), "run", None)
    if not callable(run):
        raise SystemExit(f"the module `{module}` has no function `run(trigger)`")
    if inspect.iscoroutinefunction(run):
        raise SystemExit(f"`run` of the module `{module}` is async: no call to the host waits")
    try:
        inspect.signature(run).bind(None)
    except TypeError:
        raise SystemExit(f"`run` of the module `{module}` takes one argument, the trigger") from None
    for loaded in list(sys.modules.values()):
        path = getattr(loaded, "__file__", None)
        # Of the author's own modules; those of Python are in /python, and have long been found out.
        if path and re.match(r"/\d+/", path):
            _standard.keep_source(path)
    return run


def _message(error: BaseException) -> str:
    """What failed, as the last line of a traceback says it; the SDK's errors say it alone."""
    if isinstance(error, Error):
        return str(error)
    text = str(error)
    name = type(error).__name__
    return f"{name}: {text}" if text else name


def _write_traceback(error: BaseException) -> None:
    text = _BUILD_FOLDER.sub("", _standard.traceback_of(error))
    for line in text.split("\n"):
        log.error(line)
