import unittest

from bugle.testing import Run
from task import UNREAD, run


class Task(unittest.TestCase):
    def test_a_push_is_counted_and_shown(self) -> None:
        report = Run(run, settings={UNREAD: 3}).push("hello")
        self.assertEqual(report.outcome, "completed", report)
        self.assertEqual(report.settings, {UNREAD: 4})
        self.assertEqual(report.badge, 4)
        self.assertEqual([toast.body for toast in report.toasts], ["hello"])
        self.assertEqual(report.log_text, "unread: 4")

    def test_what_is_no_text_is_rejected(self) -> None:
        report = Run(run).push(b"\xff")
        self.assertEqual((report.outcome, report.message), ("rejected", "the push is not text"))


if __name__ == "__main__":
    unittest.main()
