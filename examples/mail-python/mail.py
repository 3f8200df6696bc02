"""A mail: from JSON, to a toast."""

from __future__ import annotations

import json
from dataclasses import dataclass

from bugle import RawNotification, Rejected, Toast

#: The most bytes an id may have, since it is also the tag of a toast.
ID_BYTES_MAX = 64


@dataclass
class Mail:
    """One mail, as the push has it."""

    id: str
    from_: str
    subject: str
    preview: str | None

    def toast(self) -> Toast:
        """The mail as a toast that a later push of the same mail replaces."""
        body = self.subject if self.preview is None else f"{self.subject}\n{self.preview}"
        title = self.from_ or "Unknown sender"
        return Toast(title, body=body, tag=self.id, group="mail", argument=self.id)


def parse(push: RawNotification) -> list[Mail]:
    """The mails of a push, the oldest first.

    Raises `Rejected` with where the push is not JSON, or which mail is not as it should be.
    """
    try:
        mails = push.json()
    except ValueError as error:
        raise Rejected(f"the push is not a JSON list of mails: {error}") from None
    if not isinstance(mails, list):
        raise Rejected("the push is not a JSON list of mails, but another value")
    return [_from_json(at, mail) for at, mail in enumerate(mails, 1)]


def _from_json(at: int, json: object) -> Mail:
    """A mail from JSON. Fields that are not known are ignored, so that the sender may add some."""

    def text(name: str) -> str | None:
        value = json.get(name) if isinstance(json, dict) else None
        return value if isinstance(value, str) else None

    def needed(name: str) -> str:
        value = text(name)
        if value is None:
            raise Rejected(f"mail {at} of the push has no text `{name}`")
        return value

    id = needed("id")
    size = len(id.encode())
    if not 1 <= size <= ID_BYTES_MAX:
        raise Rejected(
            f"mail {at} of the push has an id of {size} bytes, not 1 to {ID_BYTES_MAX}"
        )
    return Mail(id, needed("from"), needed("subject"), text("preview"))


def after(mails: list[Mail], last: str | None) -> list[Mail]:
    """The mails that come after the one that was announced last; all, if it is not among them."""
    for at in range(len(mails) - 1, -1, -1):
        if mails[at].id == last:
            return mails[at + 1 :]
    return mails


def ids(mails: list[Mail]) -> str:
    """The ids as a JSON list, for the app to fetch."""
    return json.dumps([mail.id for mail in mails], ensure_ascii=False, separators=(",", ":"))
