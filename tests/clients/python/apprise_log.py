"""Shared by the apprise drivers: sends one notification and reads the reason of a refusal from the
log, the only place where apprise says more than True or False."""

from __future__ import annotations

import re

from apprise import Apprise, LogCapture, logging

from plan import Verdict


def notify(url: str, body: str, title: str) -> Verdict:
    with LogCapture(level=logging.WARNING, fmt="%(message)s") as log:
        client = Apprise()
        ok = client.add(url) and bool(client.notify(body=body, title=title))
        said = log.getvalue()
    if ok:
        return Verdict(True)
    status = re.search(r"error=(\d{3})", said)  # an ntfy code begins with the three digits
    return Verdict(False, int(status[1]) if status else None, said or "refused")
