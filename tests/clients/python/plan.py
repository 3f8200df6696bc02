"""Shared by the drivers: reads the plan from stdin, sends its entries in order, prints one JSON
line for each. What a library raises becomes a line with `ok` false; only a bad plan or a driver
that cannot load ends the process with another exit code than 0."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

Map = dict[str, Any]


class Verdict(NamedTuple):
    ok: bool
    status: int | None = None
    error: str | None = None


class NotSendable(Exception):
    """The client has no way to send this content."""


def run(send: Callable[[Map, bytes | None, Map], Verdict]) -> None:
    """`send(target, content, options)`; a content of None asks for a push without a body."""
    plan = json.load(sys.stdin)
    for entry in plan["sends"]:
        coded = entry.get("content")
        content = None if coded is None else base64.b64decode(coded)
        try:
            verdict = send(plan["target"], content, entry.get("options") or {})
        except Exception as e:  # any failure of the library is its verdict
            status = getattr(e, "status_code", None) or getattr(e, "code", None)
            verdict = Verdict(False, status if isinstance(status, int) else None, str(e) or repr(e))
        error = " ".join(verdict.error.split())[:200] if verdict.error else None
        print(json.dumps({"name": entry["name"], **verdict._asdict(), "error": error}), flush=True)


def as_text(content: bytes | None) -> str:
    """The content as text, for a client that can send nothing else."""
    try:
        return (content or b"").decode()
    except UnicodeDecodeError:
        raise NotSendable("not sendable") from None


def vapid_of(target: Map, options: Map) -> Map | None:
    """The VAPID details of one send: the target's, changed by `vapid_override` (null: none)."""
    override = options.get("vapid_override", {})
    if override is None or not (target.get("vapid") or override):
        return None
    return {**(target.get("vapid") or {}), **override}
