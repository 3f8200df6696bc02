"""This run, as the task may know it."""

from __future__ import annotations

from datetime import datetime, timedelta

from . import _host


def app() -> str:
    """The app's id, as in its manifest: `com.example.mail`."""
    return _host.current.app()


def app_version() -> str:
    """The app's version, as in its manifest."""
    return _host.current.app_version()


def task() -> str:
    """The task's name in the manifest."""
    return _host.current.task()


def trigger_id() -> str:
    """The same on every attempt, for every kind of trigger: use it as an idempotency key."""
    return _host.current.trigger_id()


def run_id() -> str:
    """New for every attempt."""
    return _host.current.run_id()


def attempt() -> int:
    """Which attempt this is; 1 at first."""
    return _host.current.attempt()


def attempts_max() -> int:
    """After this attempt there is no other."""
    return _host.current.attempts_max()


def now() -> datetime:
    """The run's own time, in UTC: it starts at the run's start and advances with the work done,
    never by itself. `time.time()` and `datetime.now()` tell the same."""
    return _host.moment(_host.current.now())


def random(count: int) -> bytes:
    """Bytes of the run's own randomness; at most 4,096 a call. A replayed run gets the same ones:
    not for keys that must outlive the run's record."""
    return _host.current.random(_host.check_u32("a count", count))


def remaining_fuel() -> int:
    """How much work the run may still do: one unit is about one instruction."""
    return _host.current.remaining_fuel()


def remaining_time() -> timedelta:
    """What is left of the run's own time; 0 in the grace period."""
    return timedelta(milliseconds=_host.current.remaining_time())


def cancellation() -> str | None:
    """Whether the run should end soon, and why: `uninstall`, `update`, `terminating`, `time-limit`,
    `quota`, `condition-lost`, `requested`, or what a later host says. Look now and then in long
    work: a grace period (1 second unless the operator says otherwise) is left from the first answer
    on."""
    return _host.current.cancellation()


def report_progress(percent: int) -> None:
    """Says how far the run is, 0 to 100 (more is 100): an app in the foreground sees it."""
    _host.current.report_progress(_host.check_u32("a percentage", percent))


def on_resume(key: str, content: bytes | str) -> None:
    """Leaves work for the app to do when it is next in the foreground: what a task cannot or should
    not do. A later one with the same key replaces it. Committed with the rest of the run.

    A key has 1 to 64 bytes, content at most 8 KiB, and a run leaves at most 16 keys. Raises
    `InvalidWork`, `WorkTooLarge` and `TooMuchWork`.
    """
    if isinstance(content, str):
        content = _host.check_text("work", content).encode()
    # `bytes` alone would make of a number so many zeros.
    _host.current.on_resume(_host.check_text("a key", key), bytes(memoryview(content)))
