"""Makes a component of a module that has a task: `bugle build` gives it the module's name.

All that Python does before it can run a task is done here, once, while the component is built: the
component is a snapshot of the interpreter as this module leaves it.
"""

from __future__ import annotations

import gc
import importlib
import inspect
from typing import Any, Callable

from . import _component, _host, _snapshot, _standard, log
from ._traceback import message_of, text_of, traceback_of
from .errors import Error, TaskError


def entry(module: str) -> type:
    """The class that componentize-py makes the contract's `entry` of."""
    _standard.replace()
    run = _load(module)
    _standard.close()
    _host.current = _component.Host()

    class Entry:
        snapshot: tuple[tuple[object, ...], bytes]

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

    # What is there now stays: it is neither looked at again nor taken away.
    gc.collect()
    Entry.snapshot = _snapshot.objects()
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
        why = f"`run` of the module `{module}` takes one argument, the trigger"
        raise SystemExit(why) from None
    return run


def _message(error: BaseException) -> str:
    """What failed, as a traceback ends; the SDK's own errors say it alone."""
    return text_of(error) if isinstance(error, Error) else message_of(error)


def _write_traceback(error: BaseException) -> None:
    # The first frame is this module's.
    error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
    for line in traceback_of(error):
        log.error(line)
