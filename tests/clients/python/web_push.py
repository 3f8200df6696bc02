"""Drives PyPI `pywebpush` (its API). Speaks http and https (REQUESTS_CA_BUNDLE). Its default TTL
is 0, it sends no Content-Type, does not check the size and takes any status above 202 for an
error, 204 too. The VAPID public key is worked out from the private one."""

from __future__ import annotations

from pywebpush import webpush

from plan import Map, Verdict, run, vapid_of


def send(target: Map, content: bytes | None, options: Map) -> Verdict:
    vapid = vapid_of(target, options)
    reply = webpush(
        target["subscription"],
        data=content,
        vapid_private_key=vapid["privateKey"] if vapid else None,
        vapid_claims={"sub": vapid["subject"]} if vapid else None,
        content_encoding=options.get("content_encoding", "aes128gcm"),
        ttl=options.get("ttl", 0),
        headers=options.get("headers"),
        timeout=30,
    )
    return Verdict(True, reply.status_code)


run(send)
