"""Drives PyPI `django-push-notifications` (its WNS half, without a database). It fetches a token
for every send, counts any 2xx as success without looking at the headers, and shows the status
only in the text of a refusal."""

from __future__ import annotations

import re

from django.conf import settings

from plan import Map, Verdict, as_text, run


def send(target: Map, content: bytes | None, options: Map) -> Verdict:
    if not settings.configured:  # the library reads its settings once, when it is imported
        settings.configure(
            PUSH_NOTIFICATIONS_SETTINGS={
                "WNS_ACCESS_URL": target["access_url"],
                "WNS_PACKAGE_SECURITY_ID": target["client_id"],
                "WNS_SECRET_KEY": target["client_secret"],
            }
        )
    from push_notifications.wns import WNSError, wns_send_message

    try:
        if options.get("type", "raw") == "toast":
            texts = [options.get("text1") or as_text(content), options.get("text2")]
            message = {"text": [text for text in texts if text]}
            template = f"ToastText0{len(message['text'])}"
            wns_send_message(target["channel"], message=message, template=template)
        else:
            wns_send_message(target["channel"], raw_data=content)
    except WNSError as e:
        status = re.match(r"HTTP (\d+):", str(e))
        return Verdict(False, int(status[1]) if status else None, str(e))
    return Verdict(True)


run(send)
