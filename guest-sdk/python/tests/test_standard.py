"""Tests of what a run finds in Python's standard library: `python -m unittest discover tests`."""

import logging
import os
import random
import sys
import time
import unittest
import uuid
from datetime import date, datetime, timedelta, timezone
from random import random as draw
from typing import Callable

from bugle import context, settings
from bugle._traceback import traceback_of
from bugle.testing import Report, Run

START = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)


class Mute(Exception):
    def __str__(self) -> str:
        raise ValueError


def run(body: Callable[[], object]) -> Report:
    return Run(lambda _: body() and None, now=START).push(b"")


class Time(unittest.TestCase):
    def test_all_clocks_are_the_runs(self) -> None:
        def body() -> None:
            self.assertEqual(datetime.now(timezone.utc), START)
            self.assertEqual(datetime.now(), START.replace(tzinfo=None))
            self.assertEqual(date.today(), START.date())
            self.assertEqual(time.time(), START.timestamp())
            self.assertEqual(time.monotonic_ns(), START.timestamp() * 10**9)
            self.assertEqual(time.strftime("%H:%M"), "12:00")
            self.assertEqual(time.localtime(), time.gmtime(START.timestamp()))
            self.assertEqual(datetime.fromtimestamp(0), datetime(1970, 1, 1))
            with self.assertRaisesRegex(RuntimeError, "does not wait"):
                time.sleep(1)

        before = datetime, time.time, os.environ.get("TZ")
        report = run(body)
        self.assertEqual(report.outcome, "completed", report)
        self.assertEqual((datetime, time.time, os.environ.get("TZ")), before)

    def test_a_moment_is_a_datetime_to_the_task_whoever_made_it(self) -> None:
        def body() -> None:
            for moment in (START, context.now(), datetime.now(), datetime(2026, 1, 1)):
                self.assertIsInstance(moment, datetime)
            self.assertNotIsInstance(date.today(), datetime)
            settings["now"] = datetime.now()
            self.assertEqual(settings.get("now", datetime), START)
            self.assertEqual(repr(datetime.now()), "datetime.datetime(2026, 1, 31, 12, 0)")

        report = run(body)
        self.assertEqual(report.outcome, "completed", report)
        self.assertEqual(report.settings, {"now": START})

    def test_a_moment_before_1970_is_refused(self) -> None:
        early = datetime(1969, 12, 31, 23, 59, tzinfo=timezone.utc)
        report = run(lambda: settings.__setitem__("a", early))
        message = "ValueError: a timestamp is of 1970 or later, not 1969-12-31T23:59:00+00:00"
        self.assertEqual((report.message, report.settings), (message, {}))
        report = run(lambda: settings.__setitem__("a", early + timedelta(minutes=1)))
        self.assertEqual(report.outcome, "completed", report)


class Randomness(unittest.TestCase):
    def test_a_run_always_draws_the_same_and_leaves_no_trace(self) -> None:
        def body() -> None:
            own = random.Random()
            drawn.append(
                [random.random(), draw(), own.random(), random.SystemRandom().random()]
                + [os.urandom(9), uuid.uuid4()]
            )

        drawn: list = []
        random.seed(1)
        self.assertEqual(run(body).outcome, "completed")
        after = random.random()
        self.assertEqual(run(body).outcome, "completed")
        self.assertEqual(drawn[0], drawn[1])
        self.assertEqual(len(set(drawn[0])), len(drawn[0]))
        random.seed(1)
        self.assertEqual(random.random(), after)

    def test_a_seed_of_the_tasks_own_is_taken(self) -> None:
        def body() -> None:
            random.seed(5)
            self.assertEqual(random.random(), random.Random(5).random())

        report = run(body)
        self.assertEqual(report.outcome, "completed", report)


class Log(unittest.TestCase):
    def test_what_is_printed_and_logged_is_in_the_log(self) -> None:
        def body() -> None:
            print("one\ntwo", end="")
            print("careful", file=sys.stderr)
            logging.getLogger("task").debug("at %d", 7)

        root, streams = logging.getLogger(), (sys.stdout, sys.stderr)
        before = root.level, root.handlers
        self.assertEqual(
            run(body).log,
            [("info", "one"), ("error", "careful"), ("debug", "at 7"), ("info", "two")],
        )
        self.assertEqual((root.level, root.handlers), before)
        self.assertEqual((sys.stdout, sys.stderr), streams)

    def test_what_is_raised_leaves_its_traceback(self) -> None:
        def body() -> None:
            sys.exit(3)

        report = run(body)
        self.assertEqual((report.outcome, report.message), ("failed", "SystemExit: 3"))
        self.assertEqual(report.log[0], ("error", "Traceback (most recent call last):"))
        self.assertEqual(report.log[-2:], [("error", "    sys.exit(3)"), ("error", "SystemExit: 3")])


class Tracebacks(unittest.TestCase):
    def test_causes_that_go_in_a_circle_are_told_once(self) -> None:
        first, second = ValueError("first"), KeyError("second")
        first.__cause__, second.__context__ = second, first
        self.assertEqual(
            [line for line in traceback_of(first) if not line.startswith("Traceback")],
            [
                "KeyError: 'second'",
                "The above exception was the direct cause of the following exception:",
                "ValueError: first",
            ],
        )
        first.__cause__ = first
        self.assertEqual(traceback_of(first)[1:], ["ValueError: first"])

    def test_a_long_chain_is_told_from_its_start(self) -> None:
        last = error = ValueError(0)
        for number in range(1, 5_000):
            error.__context__ = ValueError(number)
            error = error.__context__
        self.assertEqual(traceback_of(last)[1], "ValueError: 4999")

    def test_notes_are_told_and_places_that_repeat_are_not(self) -> None:
        def deeper(left: int) -> None:
            if not left:
                raise ValueError("deep")
            deeper(left - 1)

        try:
            deeper(50)
        except ValueError as error:
            error.__notes__ = ["a note\nof two lines"]  # type: ignore[attr-defined]
            lines = traceback_of(error)
        self.assertEqual(lines[-3:], ["ValueError: deep", "a note", "of two lines"])
        self.assertIn("  [Previous line repeated 47 more times]", lines)

    @unittest.skipIf(sys.version_info < (3, 11), "groups are of Python 3.11")
    def test_the_exceptions_of_a_group_are_told(self) -> None:
        inner = ExceptionGroup("inner", [KeyError("b")])
        lines = traceback_of(ExceptionGroup("outer", [ValueError("a"), inner]))
        self.assertIn("  | ValueError: a", lines)
        self.assertEqual(lines[-1], "  |   | KeyError: 'b'")

    def test_an_exception_without_text_is_told_all_the_same(self) -> None:
        self.assertEqual(traceback_of(Mute())[-1], "Mute: <a Mute that has no text>")


if __name__ == "__main__":
    unittest.main()
