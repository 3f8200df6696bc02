"""Drives the command line program of PyPI `pywebpush`: text only (it turns CR LF into LF), http
or https (REQUESTS_CA_BUNDLE). It always exits with 0, the verdict is in what it prints; a TTL can
be given only as a header."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from plan import Map, Verdict, as_text, run, vapid_of


def send(target: Map, content: bytes | None, options: Map) -> Verdict:
    headers = dict(options.get("headers") or {})
    if "ttl" in options:
        headers["ttl"] = str(options["ttl"])
    encoding = options.get("content_encoding", "aes128gcm")
    vapid = vapid_of(target, options)
    with TemporaryDirectory() as folder:

        def flag(name: str, text: str) -> str:
            file = Path(folder, name)
            file.write_bytes(text.encode())
            return f"--{name}={file}"

        command = [sys.executable, "-m", "pywebpush", f"--encoding={encoding}"]
        command += [flag("info", json.dumps(target["subscription"]))]
        command += [flag("head", json.dumps(headers)), flag("data", as_text(content))]
        if vapid:
            command += [flag("claims", json.dumps({"sub": vapid["subject"]}))]
            command += [f"--key={vapid['privateKey']}"]
        env = {**os.environ, "PYTHONUTF8": "1"}
        done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    if accepted := re.search(r"<Response \[(\d+)\]>", done.stdout):
        return Verdict(True, int(accepted[1]))
    status = re.search(r"Push failed: (\d+)", done.stderr)
    return Verdict(False, int(status[1]) if status else None, done.stderr or "no answer")


run(send)
