"""Drives PyPI `apprise` with a json:// or jsons:// URL made from a plain one: POSTs apprise's own
JSON body (version, title, message, attachments, type) to that path. Text only, not empty, trailing
blanks are cut; any 2xx is success; a refusal's status is read from apprise's log."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from apprise_log import notify
from plan import Map, Verdict, as_text, run


def send(target: Map, content: bytes | None, options: Map) -> Verdict:
    url = urlsplit(target["url"])
    # apprise keeps the parameters of the query for itself, unless their names begin with "-"
    query = urlencode([(f"-{key}", value) for key, value in parse_qsl(url.query)])
    scheme = {"http": "json", "https": "jsons"}[url.scheme]
    address = urlunsplit((scheme, url.netloc, url.path, query, ""))
    return notify(address, as_text(content), options.get("title", ""))


run(send)
