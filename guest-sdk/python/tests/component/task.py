"""What only a component shows of the SDK: each push names one of the functions below."""

from __future__ import annotations

import ast
import json
import logging
import os
import random
import secrets
import socket
import subprocess
import time
from datetime import date, datetime, timedelta, timezone
from os import getcwd

from bugle import (
    Action,
    Choice,
    Failed,
    Image,
    Input,
    Progress,
    Toast,
    ToastUpdate,
    Trigger,
    context,
    raw_notification,
    settings,
    toasts,
)

generator = random.Random()
seeded = random.Random(7)


class Dice:
    from random import random as roll


def run(trigger: Trigger) -> None:
    globals()[raw_notification(trigger).text()]()


def set_each() -> None:
    values = {
        "boolean": True,
        "integer": -(2**63),
        "float": 0.1,
        "text": "é",
        "bytes": b"\x00\xff",
        "moment": datetime(2026, 1, 31, 12, tzinfo=timezone.utc),
        "now": datetime.now(),
    }
    for path, value in values.items():
        settings[path] = value
        kind = type(value)
        got = settings.get(path, kind)
        assert type(got) is kind is type(settings[path]), path
        assert got == value or got == value.replace(tzinfo=timezone.utc), path


def tell_time() -> None:
    now = context.now()
    assert isinstance(now, datetime) and isinstance(date.today(), date)
    assert settings.get("nothing", datetime) is None
    for other in (datetime.now(timezone.utc), datetime.fromtimestamp(time.time(), timezone.utc)):
        assert timedelta(0) <= other - now < timedelta(seconds=1), other
    print(date.today(), time.strftime("%Y"), datetime.strptime("1999", "%Y").year)


def draw() -> None:
    import random as late

    draws = [late.random(), Dice().roll(), generator.random(), random.Random().random()]
    draws = [int(draw * 1e6) for draw in [*draws, secrets.SystemRandom().random()]]
    before = json.loads(settings.get("draws", str, "[]"))
    assert len({*draws, *before}) == len(draws) + len(before), "drawn twice"
    settings["draws"] = json.dumps(draws)
    assert seeded.random() == random.Random(7).random()


def show() -> None:
    Toast(
        "title",
        actions=(Action("Open", "open", foreground=True), Action("Go")),
        inputs=(Input("size", choices=(Choice("s", "Small"),)),),
        progress=Progress("loading", fraction=1),
        image=Image("image.png", placement="hero"),
        expires_after=timedelta(hours=1),
        tag="one",
        hints={"sound": "none"},
    ).show()
    toasts.update("one", ToastUpdate(title="new", progress=Progress("done")), sequence=1)
    toasts.hide("one")
    toasts.hide_all()


def show_wrong() -> None:
    for fields in (
        {"progress": Progress("s", fraction="half")},
        {"actions": ["a"]},
        {"inputs": [Input("a", choices="b")]},
        {"silent": 1},
        {"expires_after": 5},
        {"hints": {"a": 1}},
        {"actions": (action for action in [Action("a")])},
    ):
        try:
            Toast("title", **fields).show()
        except TypeError as error:
            print(error)


def fail_in_a_circle() -> None:
    error = ValueError("first")
    try:
        raise KeyError("second") from error
    except KeyError as second:
        raise error from second


def fail_with_notes() -> None:
    error = ExceptionGroup("both", [ValueError("one"), KeyError("two")])
    error.add_note("a note")
    raise error


def fail_without_text() -> None:
    class Mute(Failed):
        def __str__(self) -> str:
            raise ValueError

    raise Mute


def say() -> None:
    print("one\ntwo", end="")
    logging.getLogger("task").warning("at %d", 7)
    try:
        raise KeyError("lost")
    except KeyError:
        logging.exception("caught")


def ask_the_system() -> None:
    for ask in (
        lambda: open("a"),
        lambda: os.stat("a"),
        getcwd,
        lambda: os._exit(1),
        socket.socket,
        lambda: socket.create_connection(("localhost", 80)),
        lambda: subprocess.run(["ls"]),
        lambda: ast.parse("a b"),
        lambda: json.loads("[" * 100_000),
        lambda: settings.get("a", list),
        lambda: settings.__setitem__("a", datetime(1969, 12, 31)),
    ):
        try:
            ask()
        except Exception as error:
            print(f"{type(error).__name__}: {error}")
