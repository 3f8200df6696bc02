"""Tests of the SDK on the host of `bugle.testing`: `python -m unittest discover tests`."""

import unittest
from datetime import datetime, timedelta, timezone
from typing import Callable

from bugle import (
    Action,
    Choice,
    Failed,
    Input,
    Progress,
    Retry,
    Toast,
    ToastUpdate,
    badge,
    context,
    log,
    settings,
    toasts,
)
from bugle.errors import Error
from bugle.testing import Report, Run


def run(body: Callable[[], object], **before: object) -> Report:
    return Run(lambda _: body() and None, **before).push(b"")


class Settings(unittest.TestCase):
    def test_every_type_comes_back_as_it_was(self) -> None:
        now = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
        values = {"a": True, "b": 7, "c": 1.5, "d": "é", "e": b"\x00", "f/g": now}

        def body() -> None:
            for path, value in values.items():
                settings[path] = value
                self.assertEqual(settings.get(path, type(value)), value)
            self.assertEqual(list(settings), ["a", "b", "c", "d", "e", "f/g"])
            self.assertEqual(list(settings.names("f")), [("g", False)])
            self.assertEqual(settings.clear("f"), 1)
            del settings["a"]

        report = run(body)
        self.assertEqual(report.outcome, "completed", report)
        self.assertEqual(sorted(report.settings), ["b", "c", "d", "e"])

    def test_what_breaks_a_limit_says_which(self) -> None:
        for path, value, message in (
            ("a//b", 1, "`a//b` is not the path of a setting: a name in a path has at least 1"
             " byte"),
            ("a", "x" * 8193, "the value for the setting `a` is too large: it may have 8192 bytes"),
            ("a", 2**63, "ValueError: a setting holds an int of 64 bits, not 9223372036854775808"),
            ("a", "\ud800", "ValueError: the value of a setting is not text: it has half of a"
             " surrogate pair at 0"),
            ("a", [], "TypeError: a setting cannot hold a list: see bugle.settings"),
        ):
            report = run(lambda: settings.__setitem__(path, value))
            self.assertEqual((report.outcome, report.message), ("failed", message))

    def test_another_type_than_asked_for_is_an_error(self) -> None:
        # A bool is an int to Python, and none to the contract.
        report = run(lambda: settings.get("a", int), settings={"a": True})
        self.assertEqual(report.message, "the setting `a` is of the type boolean, not integer")
        report = run(lambda: settings.get("a", list))
        self.assertEqual(
            report.message, "TypeError: a setting cannot hold a list: see bugle.settings"
        )


class Toasts(unittest.TestCase):
    def test_limits_are_the_hosts(self) -> None:
        def too_many() -> None:
            for _ in range(9):
                Toast("one").show()

        for body, message in (
            (too_many, "too many toasts: no more than 8 may be raised or changed"),
            (Toast("").show, "the toast is not valid: the title is empty"),
            (Toast("x" * 5121).show, "the toast is too large: it may have 5120 bytes of text"),
            (Toast("a", tag="").show, "the toast is not valid: a tag and a group have 1 to 64"
             " bytes"),
        ):
            report = run(body)
            self.assertEqual((report.outcome, report.message), ("failed", message))
            self.assertEqual(report.toasts, [])

    def test_what_a_component_cannot_carry_is_refused_here_too(self) -> None:
        half = Progress("s", fraction="half")
        for body, message in (
            (Toast("a", actions=["b"]).show, "an action must be of the type Action, not str"),
            (Toast("a", actions="b").show, "a toast's actions must be of the type list, not str"),
            (Toast("a", inputs=[Input("i", choices=[1])]).show,
             "a choice must be of the type Choice, not int"),
            (Toast("a", progress=half).show,
             "a progress's fraction must be of the type float, not str"),
            (Toast("a", silent=1).show, "a toast's silent must be of the type bool, not int"),
            (lambda: toasts.update("a", ToastUpdate(progress=half)),
             "a progress's fraction must be of the type float, not str"),
            (lambda: toasts.update("a", Toast("b")),
             "a change to a toast must be of the type ToastUpdate, not Toast"),
        ):
            self.assertEqual(run(body).message, "TypeError: " + message)

    def test_sequences_are_lists_or_tuples(self) -> None:
        toast = Toast("a", actions=(Action("x" * 5_120),))
        self.assertEqual(
            run(toast.show).message, "the toast is too large: it may have 5120 bytes of text"
        )
        toast = Toast("a", actions=(Action("b"),), inputs=(Input("i", choices=(Choice("c", "d"),)),))
        self.assertEqual(run(toast.show).toasts, [toast])

    def test_updates_and_hides_are_kept_in_order(self) -> None:
        change = ToastUpdate(title="two")

        def body() -> None:
            toasts.update("a", change, sequence=1)
            toasts.hide_all()

        self.assertEqual(
            run(body).toast_changes, [("update", "a", None, 1, change), ("hide", None, None)]
        )


class Ends(unittest.TestCase):
    def test_what_is_raised_is_what_the_host_acts_on(self) -> None:
        def fail(error: Exception) -> Callable[[], None]:
            def body() -> None:
                badge.set_number(3)
                raise error

            return body

        for error, outcome, message, pause in (
            (Retry(), "retry", None, None),
            (Retry(timedelta(seconds=2)), "retry", None, 2_000),
            (Retry(1e9), "retry", None, 86_400_000),
            (Failed("why"), "failed", "why", None),
            (KeyError("x"), "failed", "KeyError: 'x'", None),
        ):
            report = run(fail(error))
            self.assertEqual(
                (report.outcome, report.message, report.retry_after_ms), (outcome, message, pause)
            )
            self.assertIsNone(report.badge)

    def test_the_log_stays_within_its_limits(self) -> None:
        report = run(lambda: [log.info("é" * 2_000) for _ in range(40)])
        self.assertEqual(len(report.log[0][1].encode()), 2_048)
        self.assertEqual(sum(len(message.encode()) for _, message in report.log), 64 * 1_024)

    def test_a_level_that_is_not_there_is_refused(self) -> None:
        self.assertEqual(
            run(lambda: log.write("warning", "")).message,
            "ValueError: there is no level `warning`: there are trace, debug, info, warn, error",
        )

    def test_work_for_the_app_has_a_key(self) -> None:
        report = run(lambda: context.on_resume("", b""))
        self.assertEqual(
            report.message, "the work `` for the app is not valid: a key has 1 to 64 bytes"
        )
        self.assertEqual(run(lambda: context.on_resume("a", 5)).outcome, "failed")
        self.assertEqual(run(lambda: context.on_resume("a", bytearray(b"5"))).resume_work["a"], b"5")

    def test_without_a_host_a_call_says_how_to_get_one(self) -> None:
        with self.assertRaisesRegex(RuntimeError, "bugle.testing.Run"):
            badge.clear()

    def test_every_error_has_a_code(self) -> None:
        codes = {kind.code for kind in Error.__subclasses__()}
        self.assertEqual(
            codes,
            {"invalid-path", "wrong-type", "value-too-large", "quota-exceeded", "too-many",
             "too-large", "invalid", "other"},
        )


if __name__ == "__main__":
    unittest.main()
