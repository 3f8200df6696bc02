"""Drives PyPI `apprise` with an ntfy:// URL. Text only, not empty, trailing blanks are cut; more
than about 8,000 bytes go as an attachment. Only status 200 is success; a refusal's status is read
from apprise's log. One Apprise object a send, since one object waits 5.5 s between two sends."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from apprise_log import notify
from plan import Map, Verdict, as_text, run


def send(target: Map, content: bytes | None, options: Map) -> Verdict:
    query = {"priority": options.get("priority"), "xtags": ",".join(options.get("tags", []))}
    query["token"] = target.get("token")
    asked = urlencode({key: value for key, value in query.items() if value})
    url = f"ntfy://{target['host']}:{target['port']}/{quote(target['topic'])}"
    return notify(f"{url}?{asked}" if asked else url, as_text(content), options.get("title", ""))


run(send)
