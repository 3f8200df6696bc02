"""Drives PyPI `matrix-synapse`, a homeserver of Matrix: runs it on loopback as it is, with two
people in a room, and has it push what one says to all pushkeys of the other. Each pushkey has
requests of its own, in order; after any answer but a 2xx the same comes again after 1, 2, 4, …
seconds, whatever `Retry-After` says. A pusher whose key is `rejected` is deleted.

The plan: `folder` (empty, for all that it keeps), `gateway` (an origin), `pushkeys`, `unknown` (one
that leads nowhere, or none), `throttled` (say one thing only, which the gateway refuses at first).
Prints a line for each thing that was seen; what was not seen in time ends the process with a 1."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

Map = dict[str, Any]

SERVER, APP, ROOM = "localhost", "com.example.bugle", "Bugle"
START_SECONDS, PUSH_SECONDS, RETRY_SECONDS, STOP_SECONDS = 60, 30, 60, 10
NOTIFY, PUSH_BYTES_MAX = "/_matrix/push/v1/notify", 5_000
HTTP, LIBC = build_opener(ProxyHandler({})), ctypes.CDLL(None)


class NotSeen(Exception):
    """Something did not come within its time, or the homeserver refused it."""


def until(seconds: float, what: str, seen: Callable[[], bool]) -> None:
    end, pause = time.monotonic() + seconds, 0.05
    while not seen():
        if time.monotonic() > end:
            raise NotSeen(f"not within {seconds} s: {what}")
        time.sleep(pause := min(1.3 * pause, 0.5))


def show(name: str, ok: bool = True, **more: Any) -> None:
    print(json.dumps({"name": name, "ok": ok, **more}), flush=True)


class Homeserver:
    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        listener: Map = {"type": "http", "port": port, "bind_addresses": ["127.0.0.1"]}
        listener["resources"] = [{"names": ["client", "metrics"]}]
        often = {"per_second": 1000, "burst_count": 1000}
        config = {
            "server_name": SERVER,
            "listeners": [listener],
            "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
            "signing_key_path": str(folder / "signing.key"),  # is made by the homeserver
            **dict.fromkeys(("macaroon_secret_key", "form_secret"), "known to all"),
            "enable_registration": True,
            "enable_registration_without_verification": True,
            **dict.fromkeys(("rc_message", "rc_registration"), often),
            **dict.fromkeys(("trusted_key_servers", "federation_domain_whitelist"), []),
            "ip_range_whitelist": ["127.0.0.1"],
            "bcrypt_rounds": 4,
            "enable_media_repo": False,
            "enable_metrics": True,  # what its own port answers to /_synapse/metrics
            "report_stats": False,
        }
        settings, self.log = folder / "homeserver.yaml", folder / "homeserver.log"
        settings.write_text(json.dumps(config))  # JSON is YAML
        self.url = f"http://127.0.0.1:{port}"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                # -P: no module comes from the folder that this runs in
                [sys.executable, "-P", "-m", "synapse.app.homeserver", "-c", settings],
                env={k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")},
                stdout=log,
                stderr=log,
                preexec_fn=lambda: LIBC.prctl(1, signal.SIGKILL),  # PR_SET_PDEATHSIG
            )

    def answers(self) -> bool:
        if self.process.poll() is not None:
            last = self.log.read_text(errors="replace").strip().splitlines()[-1:]
            raise NotSeen(f"the homeserver ended: {self.process.returncode} {last}")
        try:
            return "versions" in json.loads(self.ask("GET", "/_matrix/client/versions"))
        except OSError:  # not yet
            return False

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def ask(self, method: str, path: str, body: bytes | None = None, token: str = "") -> bytes:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            asked = Request(self.url + path, body, headers, method=method)
            return HTTP.open(asked, timeout=30).read()
        except HTTPError as e:
            raise NotSeen(f"{method} {path}: {e.code} {e.read()[:200]!r}") from None

    def client(self, method: str, path: str, body: Any = None, token: str = "") -> Map:
        data = None if body is None else json.dumps(body).encode()
        return json.loads(self.ask(method, f"/_matrix/client/v3/{path}", data, token))

    def register(self, name: str) -> str:
        who = {"username": name, "password": f"{name}, and more", "auth": {"type": "m.login.dummy"}}
        return self.client("POST", "register", who)["access_token"]

    def pushes(self, outcome: str) -> int:
        """How many pushes of all pushers were `processed` (taken or rejected), or `failed`."""
        name = f"synapse_http_httppusher_http_pushes_{outcome}_total"
        lines = self.ask("GET", "/_synapse/metrics").decode().splitlines()
        return sum(int(float(line.split()[-1])) for line in lines if line.startswith(name))


def request_bytes(content: Map, pushkey: str, room: str) -> int:
    """How many bytes the homeserver posts to the gateway for something that bob says."""
    device: Map = {"app_id": APP, "data": {}, "pushkey": pushkey, "pushkey_ts": int(time.time())}
    device["tweaks"], event = {"highlight": False, "sound": "default"}, "$" + "-" * 43
    told: Map = {"id": event, "event_id": event, "room_id": room, "type": "m.room.message"}
    told |= {"sender": f"@bob:{SERVER}", "sender_display_name": "bob", "room_name": ROOM}
    told |= {"prio": "high", "counts": {"unread": 1}, "content": content, "devices": [device]}
    told = {"notification": told}
    return len(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode())


def drive(server: Homeserver, plan: Map) -> None:
    until(START_SECONDS, "the homeserver answers", server.answers)
    alice, bob = server.register("alice"), server.register("bob")
    invitation = {"preset": "trusted_private_chat", "name": ROOM, "invite": [f"@alice:{SERVER}"]}
    room = server.client("POST", "createRoom", invitation, bob)["room_id"]
    server.client("POST", f"join/{quote(room)}", {}, alice)

    good, unknown, throttled = plan["pushkeys"], plan.get("unknown"), plan.get("throttled")
    keys = [*good, unknown] if unknown else good
    pusher: Map = {"kind": "http", "app_id": APP, "app_display_name": APP, "lang": "en"}
    pusher |= {"device_display_name": "", "data": {"url": plan["gateway"] + NOTIFY}}
    for key in keys:
        server.client("POST", "pushers/set", {**pusher, "pushkey": key}, alice)

    def pushers() -> set[str]:
        return {each["pushkey"] for each in server.client("GET", "pushers", token=alice)["pushers"]}

    def size(content: Map) -> int:
        return max(request_bytes(content, key, room) for key in good)

    def say(name: str, body: str, **more: Any) -> None:
        content = {"msgtype": "m.text", "body": body, **more}
        path = f"rooms/{quote(room)}/send/m.room.message/{name}"
        all_of_them = server.pushes("processed") + len(pushers())
        event = server.client("PUT", path, content, bob)["event_id"]
        if throttled:
            until(PUSH_SECONDS, "a push is refused", lambda: server.pushes("failed") > 0)
            show("refused", ok=pushers() >= {*good})
        seconds = RETRY_SECONDS if throttled else PUSH_SECONDS
        until(seconds, f"pushes of {name}", lambda: server.pushes("processed") >= all_of_them)
        failed = server.pushes("failed")
        show(name, event_id=event, body=body, bytes=size(content), failed=failed)

    until(PUSH_SECONDS, "all pushers are there", lambda: pushers() == {*keys})
    say("message-text", "hello")
    if unknown:
        until(PUSH_SECONDS, "the unknown pusher is gone", lambda: unknown not in pushers())
        show("rejected", pushkey=unknown)
    if not throttled:
        more = {"list": [1, None, True, "héllo 🔔"], "empty": {}}
        say("message-json", '{"body": "héllo 🔔", "more": ["\\"]}\n\0', **{"com.example": more})
        left = PUSH_BYTES_MAX - size({"msgtype": "m.text", "body": ""})
        say("message-largest", "é" * (left // 2) + "x" * (left % 2))
        say("message-too-large", "é" * (left // 2) + "x" * (left % 2 + 1))
    show("kept", ok=pushers() == {*good})


def main() -> int:
    plan = json.load(sys.stdin)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the homeserver is stopped then, too
    server = Homeserver(Path(plan["folder"]).resolve())
    try:
        drive(server, plan)
        return 0
    except (NotSeen, OSError) as e:
        show("failed", ok=False, error=str(e) or repr(e))
        return 1
    finally:
        server.stop()


sys.exit(main())
