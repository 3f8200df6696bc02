"""The contract's checks and its words, for the host of `bugle.testing`."""

from __future__ import annotations

from typing import Any

from . import errors
from .settings import Value
from .toasts import Toast, ToastUpdate

TOAST_BYTES_MAX = 5 * 1024


def size_of(text: str) -> int:
    return len(text.encode())


def cut(text: str, bytes_max: int) -> str:
    return text.encode()[:bytes_max].decode("utf-8", "ignore")


def value_size(value: Value) -> int:
    """What a value counts for in the app's quota."""
    if isinstance(value, str):
        return size_of(value)
    return len(value) if isinstance(value, bytes) else 8


def scramble(at: int) -> int:
    """One byte of a fixed sequence: the finalizer of SplitMix64, enough to look random."""
    word = (at + 1) * 0x9E37_79B9_7F4A_7C15 % 2**64
    return (word ^ (word >> 30)) * 0xBF58_476D_1CE4_E5B9 % 2**64 >> 56


def check_path(path: str) -> None:
    """Refuses what is not the path of a setting."""
    names = path.split("/")
    if size_of(path) > 1_024:
        raise errors.InvalidPath(path, "a path has at most 1,024 bytes")
    if not path:
        raise errors.InvalidPath(path, "a path has at least one name")
    if len(names) > 32:
        raise errors.InvalidPath(path, "a path has at most 32 names")
    if not all(names):
        raise errors.InvalidPath(path, "a name in a path has at least 1 byte")
    if max(map(size_of, names)) > 255:
        raise errors.InvalidPath(path, "a name in a path has at most 255 bytes")


def check_keys(*keys: str | None) -> None:
    """Refuses what is not a tag or a group."""
    if not all(key is None or 1 <= size_of(key) <= 64 for key in keys):
        raise errors.InvalidToast("a tag and a group have 1 to 64 bytes")


def check_update(change: ToastUpdate) -> None:
    """Refuses what is no change to a toast."""
    if _size_of_all(change) > TOAST_BYTES_MAX:
        raise errors.ToastTooLarge(TOAST_BYTES_MAX)
    if change.title == "":
        raise errors.InvalidToast("the title is empty")


def check_toast(toast: Toast, image_hosts: tuple[str, ...]) -> None:
    """Refuses what is no toast."""
    if _size_of_all(toast) > TOAST_BYTES_MAX:
        raise errors.ToastTooLarge(TOAST_BYTES_MAX)
    if not toast.title:
        raise errors.InvalidToast("the title is empty")
    if len(toast.actions) > 5:
        raise errors.InvalidToast("a toast has at most 5 actions")
    if len(toast.hints) > 16:
        raise errors.InvalidToast("a toast has at most 16 hints")
    if toast.image is not None and size_of(toast.image.uri) > 1_024:
        raise errors.InvalidToast("an image's address has at most 1,024 bytes")
    check_keys(toast.tag, toast.group)
    if len(toast.inputs) > 5 or any(len(input.choices) > 5 for input in toast.inputs):
        raise errors.InvalidToast("a toast has at most 5 inputs of at most 5 choices")
    if len({input.id for input in toast.inputs}) < len(toast.inputs):
        raise errors.InvalidToast("two inputs have the same id")
    if toast.image is not None and not _is_allowed(toast.image.uri, image_hosts):
        raise errors.InvalidToast(
            "the image's address is neither in the app's folder nor on a host that the manifest"
            " allows"
        )


def _is_allowed(uri: str, image_hosts: tuple[str, ...]) -> bool:
    if uri.startswith("https://"):
        rest = uri.removeprefix("https://")
        return rest.replace("?", "/").replace("#", "/").partition("/")[0] in image_hosts
    return not set(uri) & {":", "\\"} and all(part not in ("", "..") for part in uri.split("/"))


def _size_of_all(value: Any) -> int:
    """All text in a toast or in a change to one."""
    if isinstance(value, str):
        return size_of(value)
    if isinstance(value, dict):
        return sum(size_of(name) + size_of(text) for name, text in value.items())
    if isinstance(value, (list, tuple)):
        return sum(map(_size_of_all, value))
    fields = getattr(value, "__dict__", {})
    # The names of what is an enum in the contract.
    return sum(_size_of_all(fields[name]) for name in fields if name not in _ENUMS)


_ENUMS = ("scenario", "placement")
