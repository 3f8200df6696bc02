"""Tests of the task, native: `python -m unittest`."""

import json
import unittest
from typing import Iterable

from bugle import TimerTick
from bugle.testing import Report, Run
from task import LAST, UNREAD, run


def push(content: str, **before: object) -> Report:
    return Run(run, settings=before.pop("settings", {}), **before).push(content)


def mails(ids: Iterable[int]) -> str:
    """A push of mails with these ids."""
    return json.dumps([{"id": str(id), "from": "Ada", "subject": f"Number {id}"} for id in ids])


class Mails(unittest.TestCase):
    def test_a_mail_becomes_a_toast_a_count_and_work(self) -> None:
        mail = {"id": "a1", "from": "Ada", "subject": "Notes", "preview": 'On the "engine"'}
        report = push(json.dumps([mail]), settings={UNREAD: 2})
        self.assertEqual(report.outcome, "completed", report)
        (toast,) = report.toasts
        self.assertEqual((toast.title, toast.body), ("Ada", 'Notes\nOn the "engine"'))
        self.assertEqual((toast.tag, toast.group, toast.argument), ("a1", "mail", "a1"))
        self.assertEqual(report.settings, {UNREAD: 3, LAST: "a1"})
        self.assertEqual(report.badge, 3)
        self.assertEqual(report.resume_work, {"sync": b'["a1"]'})
        self.assertEqual(report.log_text, "new mails: 1, unread: 3")

    def test_many_mails_share_one_toast(self) -> None:
        report = push(mails(range(1, 9)))
        self.assertEqual([toast.title for toast in report.toasts], ["Ada"] * 5 + ["and 3 more"])
        self.assertEqual(report.badge, 8)

    def test_mails_that_were_announced_are_skipped(self) -> None:
        report = push(mails(range(1, 4)), settings={LAST: "2"})
        self.assertEqual(len(report.toasts), 1)
        self.assertEqual(report.settings[UNREAD], 1)

        report = push(mails(range(1, 4)), settings={LAST: "3"})
        self.assertEqual(report.outcome, "completed", report)
        self.assertEqual((report.toasts, report.resume_work), ([], {}))
        self.assertEqual(report.log_text, "mails: 3, none of them new")

    def test_when_the_hours_toasts_are_used_up_mails_still_count(self) -> None:
        report = push(mails(range(1, 4)), toasts_left=1)
        self.assertEqual(report.outcome, "completed", report)
        self.assertEqual([toast.title for toast in report.toasts], ["Ada"])
        self.assertEqual(report.settings[UNREAD], 3)
        self.assertEqual(report.log[0][0], "warn")

    def test_what_is_no_list_of_mails_is_rejected_and_changes_nothing(self) -> None:
        long = json.dumps([{"id": "x" * 65, "from": "", "subject": ""}])
        for content, message in (
            ("{}", "the push is not a JSON list of mails, but another value"),
            ('[{"id":"1","from":"Ada"}]', "mail 1 of the push has no text `subject`"),
            ('[{"id":7,"from":"","subject":""}]', "mail 1 of the push has no text `id`"),
            ("[3]", "mail 1 of the push has no text `id`"),
            (long, "mail 1 of the push has an id of 65 bytes, not 1 to 64"),
        ):
            report = push(content)
            self.assertEqual((report.outcome, report.message), ("rejected", message))
            self.assertEqual((report.settings, report.toasts), ({}, []))

    def test_what_is_no_json_is_rejected_with_what_the_parser_says(self) -> None:
        # Half of a surrogate pair is no text.
        lone = '[{"id":"\\ud800","from":"","subject":""}]'
        deep = "[" * 128 + "]" * 128
        for content in ("", "[", lone, b"\xff", "[NaN]", "[1e309]", deep, "[" * 5_000):
            report = Run(run).push(content)
            self.assertEqual(report.outcome, "rejected", report)
            self.assertRegex(report.message or "", "^the push is not a JSON list of mails: .")

    def test_a_setting_of_another_type_fails_and_says_so(self) -> None:
        report = push(mails([1]), settings={UNREAD: "many"})
        message = "the setting `inbox/unread` is of the type text, not integer"
        self.assertEqual((report.outcome, report.message), ("failed", message))
        self.assertEqual((report.toasts, report.log), ([], []))

    def test_another_trigger_is_rejected(self) -> None:
        report = Run(run).wake(TimerTick("hourly", Run(run).now, 0))
        message = "this task takes raw notifications only, and was woken by `timer`"
        self.assertEqual((report.outcome, report.message), ("rejected", message))


if __name__ == "__main__":
    unittest.main()
