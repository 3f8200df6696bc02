"""What is around a run in a unit test: the log takes what is printed, and time and randomness are
the run's, as in a component. Afterwards all is as it was."""

from __future__ import annotations

import logging
import os
import random
import sys
import time
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from types import ModuleType
from typing import Iterator

from . import _virtual, log

_LIBRARY = os.path.dirname(os.__file__)
#: Modules of the standard library that others ask for time and randomness.
_ASKED = (time, random, os, sys.modules["datetime"])


@contextmanager
def around() -> Iterator[None]:
    """Around a run, whose host is there already."""
    with ExitStack() as stack:
        stack.callback(_virtual.restore, _virtual.put([*_ASKED, *_own_modules()]))
        stack.callback(random.setstate, random.getstate())
        stack.enter_context(_in_utc())
        stack.enter_context(_logging())
        for redirect, level in ((redirect_stdout, "info"), (redirect_stderr, "error")):
            stream = log.Stream(level)
            stack.enter_context(redirect(stream))
            stack.callback(stream.end)
        _virtual.seed()
        yield


def _own_modules() -> list[ModuleType]:
    """All modules but those of the standard library: the test runner and its threads use them."""
    modules = [module for module in list(sys.modules.values()) if isinstance(module, ModuleType)]
    return [module for module in modules if _is_own(getattr(module, "__file__", None) or "")]


def _is_own(path: str) -> bool:
    return bool(path) and (not path.startswith(_LIBRARY + os.sep) or "site-packages" in path)


@contextmanager
def _in_utc() -> Iterator[None]:
    """A component knows no other time zone. On Windows the machine's stays."""
    if not hasattr(time, "tzset"):
        yield
        return
    before = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()


@contextmanager
def _logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    root.handlers = [log.Handler()]
    root.setLevel(logging.NOTSET)
    try:
        yield
    finally:
        root.handlers = handlers
        root.setLevel(level)
