"""JSON as it comes from somebody else: what cannot be handed on is refused."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

#: How many lists and objects may be within one another.
JSON_DEPTH_MAX = 127
#: Texts, and where lists and objects begin and end.
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}]', re.DOTALL)
#: Any number of so many digits is one that a float can hold.
_DIGITS_SAFE = 308


def parse(content: bytes) -> Any:
    """JSON that can be handed on: see `RawNotification.json`."""
    text = content.decode()
    at = too_deep(text, JSON_DEPTH_MAX)
    if at is not None:
        raise json.JSONDecodeError("Nested too deep", text, at)
    is_long = len(text) > _DIGITS_SAFE
    value = json.loads(
        text,
        parse_constant=_refuse_number,
        parse_float=_number,
        # A whole number of fewer digits needs no look.
        parse_int=_whole_number if is_long else None,
    )
    at = text.find("\\u")
    if at >= 0:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise json.JSONDecodeError("Lone surrogate", text, at) from None
    return value


def too_deep(text: str, depth_max: int, start: int = 0) -> int | None:
    """Where more lists and objects are within one another than `depth_max`. For before it is
    parsed, since the parser calls itself, and a component has little stack."""
    if text.count("[", start) + text.count("{", start) <= depth_max:
        return None
    depth = 0
    for token in _TOKENS.finditer(text, start):
        if token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
        if depth > depth_max:
            return token.start()
    return None


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(f"{text[:40]} is not a number of JSON that a float can hold")


def _number(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse_number(text)


def _whole_number(text: str) -> int:
    _number(text)
    return int(text)
