"""Runs a task in a plain `python -m unittest`, on a host in the same process.

The limits, the checks and the words are the real host's; what a task does is kept only if it ends
well, as there. While it runs, what it prints and logs goes to the report's log, and `time`,
`datetime.now`, `random` and their like tell the run's own time, which stands still, and the run's own
randomness: a test gives the same answer whenever it runs. (A `random.Random()` that was made before is
not seeded anew, as it is in a component.)

What this host does not hold are the limits of the sandbox: fuel, time and memory. `bugle run` and
`bugle test` hold those too.

    report = Run(run, settings={"inbox/unread": 3}).push("hello")
    assert report.outcome == "completed", report
    assert report.settings["inbox/unread"] == 4
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any, Callable, Mapping

from . import _host, errors
from ._checks import (
    check_keys,
    check_path,
    check_toast,
    check_update,
    cut,
    scramble,
    size_of,
    value_size,
)
from ._native import around
from ._traceback import message_of, text_of, traceback_of
from .settings import Value, kind_of
from .toasts import Toast, ToastUpdate
from .trigger import RawNotification, Trigger

#: The limits that a run has unless the operator says otherwise.
PUSH_BYTES_MAX = 5_000
VALUE_BYTES_MAX = 8 * 1024
SETTINGS_BYTES_MAX = 1024 * 1024
SETTINGS_MAX = 4_096
DELTA_BYTES_MAX = 256 * 1024
TOASTS_MAX = 8
TOAST_CHANGES_MAX = 32
WORK_MAX = 16
WORK_BYTES_MAX = 8 * 1024
LOG_BYTES_MAX = 64 * 1024
LOG_LINES_MAX = 1_000
LOG_LINE_BYTES_MAX = 2 * 1024
MESSAGE_BYTES_MAX = 4 * 1024


@dataclass
class Report:
    """What came of a run: the app as it is afterwards, and what the run did. After any end but a
    good one the app is as it was before, and only the log tells."""

    #: `completed`, `failed`, `retry` or `rejected`.
    outcome: str
    #: What a failure or a rejection says.
    message: str | None
    #: The pause that a retry asks for; none where it leaves that to the host.
    retry_after_ms: int | None
    #: The app's settings, by path.
    settings: dict[str, Value]
    settings_version: int
    #: The toasts that the run raised, in order; none where toasts are not wanted.
    toasts: list[Toast]
    #: What the run changed in toasts that were already there, in order: `("update", tag, group,
    #: sequence, change)` or `("hide", tag, group)`.
    toast_changes: list[tuple[Any, ...]]
    #: The app's badge: a number, a glyph, or none.
    badge: int | str | None
    #: Work that the run left for the app, by key.
    resume_work: dict[str, bytes]
    progress: int | None
    #: What the run said: level and message of each line.
    log: list[tuple[str, str]]

    @property
    def log_text(self) -> str:
        """The messages of the log, a line each."""
        return "\n".join(message for _, message in self.log)

    def __str__(self) -> str:
        lines = [f"{level:5} {message}" for level, message in self.log]
        return "\n".join([f"{self.outcome}: {self.message or ''}", *lines])


@dataclass
class Run:
    """A task, and what it finds when it is woken: the first attempt of the task `task` of the app
    `com.example.app`, unless this says otherwise."""

    task: Callable[[Trigger], None]
    settings: Mapping[str, Value] = field(default_factory=dict)
    settings_version: int = 0
    badge: int | str | None = None
    app: str = "com.example.app"
    app_version: str = "1.0.0"
    task_name: str = "task"
    attempt: int = 1
    attempts_max: int = 5
    #: When the run starts.
    now: datetime = datetime(2024, 1, 1, tzinfo=timezone.utc)
    #: Why the run is to end soon, from its start on.
    cancellation: str | None = None
    #: Whether anybody wants the app's toasts.
    toasts_permitted: bool = True
    #: How many toasts the app may still raise in this hour.
    toasts_left: int = 60
    #: Hosts from which the manifest allows images.
    image_hosts: tuple[str, ...] = ()

    def push(self, content: bytes | str) -> Report:
        """Wakes the task with a raw notification on the channel `inbox`."""
        if isinstance(content, str):
            content = content.encode()
        if len(content) > PUSH_BYTES_MAX:
            raise ValueError(f"a push has at most {PUSH_BYTES_MAX} bytes")
        return self.wake(RawNotification("inbox", content, None, [], self.now))

    def wake(self, trigger: Trigger) -> Report:
        """Wakes the task with any trigger."""
        before, host = _Host(self), _Host(self)
        outer, _host.current = _host.current, host
        try:
            with around():
                outcome, message, retry_after_ms = host.end_of(self.task, trigger)
        finally:
            _host.current = outer
        kept = host if outcome == "completed" else before
        return Report(
            outcome,
            message,
            retry_after_ms,
            kept.settings,
            kept.version,
            kept.toasts if self.toasts_permitted else [],
            kept.toast_changes if self.toasts_permitted else [],
            kept.mark,
            kept.work,
            host.progress,
            host.log,
        )


class _Host:
    """The contract's functions over the state of one run."""

    def __init__(self, run: Run) -> None:
        self.facts = run
        self.settings: dict[str, Value] = dict(run.settings)
        self.version = run.settings_version
        self.toasts: list[Toast] = []
        self.toast_changes: list[tuple[Any, ...]] = []
        self.mark = run.badge
        self.work: dict[str, bytes] = {}
        self.progress: int | None = None
        self.log: list[tuple[str, str]] = []
        self._delta_bytes = self._log_bytes = self._random_given = 0
        for path, value in self.settings.items():
            check_path(path)
            kind_of(value)

    def end_of(
        self, task: Callable[[Trigger], None], trigger: Trigger
    ) -> tuple[str, str | None, int | None]:
        try:
            task(trigger)
        except errors.Retry as error:
            return "retry", None, error.after_ms
        except errors.TaskError as error:
            kind = "rejected" if isinstance(error, errors.Rejected) else "failed"
            return kind, cut(text_of(error), MESSAGE_BYTES_MAX), None
        except KeyboardInterrupt:
            # Of whoever runs the tests.
            raise
        except BaseException as error:
            # The first frame is this one.
            error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
            for line in traceback_of(error):
                self.write_log("error", line)
            said = text_of(error) if isinstance(error, errors.Error) else message_of(error)
            return "failed", cut(said, MESSAGE_BYTES_MAX), None
        return "completed", None, None

    # Settings.

    def get_setting(self, path: str) -> Value | None:
        check_path(path)
        return self.settings.get(path)

    def set_setting(self, path: str, kind: str, value: Value) -> None:
        check_path(path)
        if value_size(value) > VALUE_BYTES_MAX:
            raise errors.ValueTooLarge(path, VALUE_BYTES_MAX)
        size = size_of(path) + value_size(value)
        others = ((at, other) for at, other in self.settings.items() if at != path)
        total = sum(size_of(at) + value_size(other) for at, other in others)
        if total + size > SETTINGS_BYTES_MAX:
            raise errors.QuotaExceeded(path, SETTINGS_BYTES_MAX)
        if path not in self.settings and len(self.settings) >= SETTINGS_MAX:
            raise errors.TooManySettings(path, SETTINGS_MAX)
        self._count_change(path, size)
        if kind == "timestamp":
            value = _host.moment(_host.milliseconds(value))  # type: ignore[arg-type]
        self.settings[path] = value

    def remove_setting(self, path: str) -> bool:
        check_path(path)
        if path not in self.settings:
            return False
        self._count_change(path, size_of(path))
        del self.settings[path]
        return True

    def clear_settings(self, container: str) -> int:
        paths = self._below(container)
        self._count_change(container, sum(map(size_of, paths)))
        for path in paths:
            del self.settings[path]
        return len(paths)

    def setting_names(
        self, container: str, after: str | None
    ) -> tuple[list[tuple[str, bool]], str | None]:
        start = len(container) + 1 if container else 0
        rests = [path[start:].partition("/") for path in self._below(container)]
        names = {(name, bool(slash)) for name, slash, _ in rests}
        return sorted(names, key=lambda name: (name[0].encode(), name[1])), None

    def _below(self, container: str) -> list[str]:
        if container:
            check_path(container)
            container += "/"
        return [path for path in self.settings if path.startswith(container)]

    def _count_change(self, path: str, size: int) -> None:
        if self._delta_bytes + size > DELTA_BYTES_MAX:
            raise errors.QuotaExceeded(path, DELTA_BYTES_MAX)
        self._delta_bytes += size

    def settings_version(self) -> int:
        return self.version

    def set_settings_version(self, version: int) -> None:
        self.version = version

    # Toasts and the badge.

    def toasts_permitted(self) -> bool:
        return self.facts.toasts_permitted

    def show_toast(self, toast: Toast) -> None:
        check_toast(toast, self.facts.image_hosts)
        count_max = min(TOASTS_MAX, self.facts.toasts_left)
        if len(self.toasts) >= count_max:
            raise errors.TooManyToasts(count_max)
        kept = copy.deepcopy(toast)
        if kept.progress is not None and kept.progress.fraction is not None:
            at = kept.progress.fraction
            clamped = None if math.isnan(at) else min(max(at, 0.0), 1.0)
            kept.progress = replace(kept.progress, fraction=clamped)
        self.toasts.append(kept)

    def update_toast(
        self, tag: str, group: str | None, sequence: int, change: ToastUpdate
    ) -> None:
        check_keys(tag, group)
        check_update(change)
        self._change_toasts(("update", tag, group, sequence, copy.deepcopy(change)))

    def hide_toasts(self, tag: str | None, group: str | None) -> None:
        check_keys(tag, group)
        self._change_toasts(("hide", tag, group))

    def _change_toasts(self, change: tuple[Any, ...]) -> None:
        if len(self.toast_changes) >= TOAST_CHANGES_MAX:
            raise errors.TooManyToasts(TOAST_CHANGES_MAX)
        self.toast_changes.append(change)

    def badge(self) -> int | str | None:
        return self.mark

    def set_badge(self, mark: int | str | None) -> None:
        self.mark = None if mark == 0 else mark

    # The context and the log.

    def app(self) -> str:
        return self.facts.app

    def app_version(self) -> str:
        return self.facts.app_version

    def task(self) -> str:
        return self.facts.task_name

    def trigger_id(self) -> str:
        return "trigger-1"

    def run_id(self) -> str:
        return f"run-{self.facts.attempt}"

    def attempt(self) -> int:
        return self.facts.attempt

    def attempts_max(self) -> int:
        return self.facts.attempts_max

    def now(self) -> int:
        return _host.milliseconds(self.facts.now)

    def random(self, count: int) -> bytes:
        """Bytes that are the same in every run of a test, and differ from call to call."""
        start = self._random_given
        self._random_given += min(count, 4_096)
        return bytes(map(scramble, range(start, self._random_given)))

    def remaining_fuel(self) -> int:
        return 500_000_000

    def remaining_time(self) -> int:
        return 5_000

    def cancellation(self) -> str | None:
        return self.facts.cancellation

    def report_progress(self, percent: int) -> None:
        self.progress = min(percent, 100)

    def on_resume(self, key: str, content: bytes) -> None:
        if not 1 <= size_of(key) <= 64:
            raise errors.InvalidWork(key, "a key has 1 to 64 bytes")
        if len(content) > WORK_BYTES_MAX:
            raise errors.WorkTooLarge(key, WORK_BYTES_MAX)
        if key not in self.work and len(self.work) >= WORK_MAX:
            raise errors.TooMuchWork(key, WORK_MAX)
        self.work[key] = content

    def write_log(self, level: str, message: str) -> None:
        room = min(LOG_BYTES_MAX - self._log_bytes, LOG_LINE_BYTES_MAX)
        if len(self.log) >= LOG_LINES_MAX or (room == 0 and message):
            return
        kept = cut(message, room)
        self._log_bytes += size_of(kept)
        self.log.append((level, kept))
