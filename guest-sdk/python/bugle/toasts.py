"""Notices for the person. They are raised when the run is committed, not before.

All text is plain text. At most 8 toasts a run, each at most 5 KiB of text, at most 32 updates and
hides a run, and 60 toasts an hour for an app. Where toasts are not wanted all of this still
succeeds and nothing is shown: see `permitted`.

    Toast("Ada Lovelace", body="Notes on the engine", tag="mail-17",
          actions=[Action("Archive", "archive=17")]).show()
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Sequence, TypeVar

from . import _host

T = TypeVar("T")

#: How insistent a toast can be; `quiet` goes straight to the list of past toasts.
SCENARIOS = ("standard", "reminder", "alarm", "incoming-call", "quiet")
#: Where an image can go.
PLACEMENTS = ("inline", "app-logo", "hero")


@dataclass
class Image:
    """A picture: a path inside the app's own folder, or an `https:` address on a host that the
    manifest allows; at most 1,024 bytes. `placement` is one of `PLACEMENTS`."""

    uri: str
    alternative_text: str = ""
    placement: str = "inline"


@dataclass
class Action:
    """What a person can choose. `argument` is handed back; `foreground` opens the app instead of
    waking the task."""

    label: str
    argument: str = ""
    foreground: bool = False


@dataclass
class Choice:
    """One choice of an input."""

    id: str
    label: str


@dataclass
class Input:
    """What a person can fill in: free text, or one of at most 5 choices."""

    id: str
    label: str | None = None
    placeholder: str | None = None
    choices: Sequence[Choice] = field(default_factory=list)


@dataclass
class Progress:
    """How far something is: `fraction` is 0 to 1 (others are clamped), none for "some time yet";
    `value_text` is shown in place of the percentage."""

    status: str
    title: str | None = None
    fraction: float | None = None
    value_text: str | None = None


@dataclass
class Toast:
    """A notice for the person; only the title is needed."""

    #: At least 1 byte.
    title: str
    #: Lines are separated by line feeds; a sink shows at least the first two.
    body: str = ""
    #: Where it comes from, in small print.
    attribution: str | None = None
    #: Handed back when the toast itself is chosen.
    argument: str = ""
    image: Image | None = None
    #: At most 5.
    actions: Sequence[Action] = field(default_factory=list)
    #: At most 5, each with an id of its own.
    inputs: Sequence[Input] = field(default_factory=list)
    progress: Progress | None = None
    #: One of `SCENARIOS`.
    scenario: str = "standard"
    silent: bool = False
    #: With `group`, names the toast: a later one of the same name replaces it. 1 to 64 bytes.
    tag: str | None = None
    #: 1 to 64 bytes.
    group: str | None = None
    #: When to take it away; at most 3 days, which is also the default.
    expires_after: timedelta | None = None
    #: Names and values for one kind of sink; what is not known is ignored. At most 16.
    hints: dict[str, str] = field(default_factory=dict)

    def show(self) -> None:
        """Raises it. Raises what `toasts.show` raises."""
        show(self)


@dataclass
class ToastUpdate:
    """Changes to a toast that is already shown; what is none stays."""

    title: str | None = None
    body: str | None = None
    progress: Progress | None = None


def permitted() -> bool:
    """Whether the person, and who runs the host, want this app's toasts."""
    return _host.current.toasts_permitted()


def show(toast: Toast) -> None:
    """Raises a toast, in place of one with the same tag and group.

    Raises `ToastTooLarge`, `TooManyToasts` and `InvalidToast`, and `TypeError` or `ValueError` for a
    field that is not of its type. Toasts that were raised before stay.
    """
    _check_toast(toast)
    _host.current.show_toast(toast)


def update(tag: str, change: ToastUpdate, group: str | None = None, sequence: int = 0) -> None:
    """Changes a toast if it is still there. `sequence` orders updates that may overtake one
    another: one that is not above the last that was applied is ignored; 0 always applies. Raises
    as `show` does."""
    _check_texts("a tag", tag)
    _check_texts("a group", group)
    _host.check_type("a change to a toast", change, ToastUpdate)
    _check_texts("text of a change to a toast", change.title, change.body)
    _check_progress(change.progress)
    sequence = _host.check_u32("a sequence", sequence)
    _host.current.update_toast(tag, group, sequence, change)


def hide(tag: str, group: str | None = None) -> None:
    """Takes one toast away. Raises `TooManyToasts` and `InvalidToast`."""
    _check_texts("a tag", tag)
    _check_texts("a group", group)
    _host.current.hide_toasts(tag, group)


def hide_group(group: str) -> None:
    """Takes all toasts of a group away. Raises as `hide` does."""
    _check_texts("a group", group)
    _host.current.hide_toasts(None, group)


def hide_all() -> None:
    """Takes all of the app's toasts away. Raises as `hide` does."""
    _host.current.hide_toasts(None, None)


def _check_texts(name: str, *texts: str | None) -> None:
    for text in texts:
        if text is not None:
            _host.check_text(name, text)


def _check_one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"there is no {name} `{value}`: there are {', '.join(known)}")


def _check_toast(toast: Toast) -> None:
    """What Python allows and the contract cannot carry; the host checks the rest."""
    _host.check_type("a toast", toast, Toast)
    _host.check_text("a toast's title", toast.title)
    _host.check_text("a toast's body", toast.body)
    _host.check_text("a toast's argument", toast.argument)
    _check_texts("text of a toast", toast.attribution, toast.tag, toast.group)
    _check_one_of("scenario", toast.scenario, SCENARIOS)
    _host.check_type("a toast's silent", toast.silent, bool)
    if toast.expires_after is not None:
        _host.check_type("a toast's expires_after", toast.expires_after, timedelta)
    if toast.image is not None:
        _check_image(toast.image)
    for action in _items("a toast's actions", toast.actions):
        _check_action(action)
    for input in _items("a toast's inputs", toast.inputs):
        _check_input(input)
    _check_progress(toast.progress)
    for name, value in _host.check_type("a toast's hints", toast.hints, dict).items():
        _host.check_text("a hint's name", name)
        _host.check_text("a hint", value)


def _items(name: str, items: Sequence[T]) -> Sequence[T]:
    """A list or a tuple: other iterables may not be there twice, and a `str` is one too."""
    if not isinstance(items, tuple):
        _host.check_type(name, items, list)
    return items


def _check_image(image: Image) -> None:
    _host.check_type("an image", image, Image)
    _host.check_text("an image's uri", image.uri)
    _host.check_text("an image's text", image.alternative_text)
    _check_one_of("placement", image.placement, PLACEMENTS)


def _check_action(action: Action) -> None:
    _host.check_type("an action", action, Action)
    _host.check_text("an action's label", action.label)
    _host.check_text("an action's argument", action.argument)
    _host.check_type("an action's foreground", action.foreground, bool)


def _check_input(input: Input) -> None:
    _host.check_type("an input", input, Input)
    _host.check_text("an input's id", input.id)
    _check_texts("text of an input", input.label, input.placeholder)
    for choice in _items("an input's choices", input.choices):
        _host.check_type("a choice", choice, Choice)
        _host.check_text("a choice's id", choice.id)
        _host.check_text("a choice's label", choice.label)


def _check_progress(progress: Progress | None) -> None:
    if progress is None:
        return
    _host.check_type("a progress", progress, Progress)
    _host.check_text("a progress's status", progress.status)
    _check_texts("text of a progress", progress.title, progress.value_text)
    if not isinstance(progress.fraction, (int, type(None))):
        _host.check_type("a progress's fraction", progress.fraction, float)


def expires_ms(toast: Toast) -> int | None:
    """When to take a toast away, in milliseconds; what is too long is left for the host to say."""
    if toast.expires_after is None:
        return None
    ms = toast.expires_after // timedelta(milliseconds=1)
    return max(0, min(ms, 0xFFFF_FFFF))
