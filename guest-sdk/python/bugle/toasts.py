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

from . import _host

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
    choices: list[Choice] = field(default_factory=list)


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
    actions: list[Action] = field(default_factory=list)
    #: At most 5, each with an id of its own.
    inputs: list[Input] = field(default_factory=list)
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

    Raises `ToastTooLarge`, `TooManyToasts` and `InvalidToast`. Toasts that were raised before stay.
    """
    _check_toast(toast)
    _host.current.show_toast(toast)


def update(tag: str, change: ToastUpdate, group: str | None = None, sequence: int = 0) -> None:
    """Changes a toast if it is still there. `sequence` orders updates that may overtake one
    another: one that is not above the last that was applied is ignored; 0 always applies. Raises
    as `show` does."""
    _check_texts("a tag", tag)
    _check_texts("a group", group)
    _check_texts("a change to a toast", change.title, change.body)
    _check_progress(change.progress)
    _host.check_u32("a sequence", sequence)
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


def _check_progress(progress: Progress | None) -> None:
    if progress is not None:
        _host.check_text("the status of a progress", progress.status)
        _check_texts("text of a progress", progress.title, progress.value_text)


def _check_toast(toast: Toast) -> None:
    """What Python allows and the contract cannot carry; the host checks the rest."""
    _host.check_text("a toast's title", toast.title)
    _host.check_text("a toast's body", toast.body)
    _host.check_text("a toast's argument", toast.argument)
    _check_texts("text of a toast", toast.attribution, toast.tag, toast.group)
    _check_one_of("scenario", toast.scenario, SCENARIOS)
    _check_progress(toast.progress)
    if toast.image is not None:
        _check_texts("text of an image", toast.image.uri, toast.image.alternative_text)
        _check_one_of("placement", toast.image.placement, PLACEMENTS)
    for action in toast.actions:
        _check_texts("text of an action", action.label, action.argument)
    for input in toast.inputs:
        _check_texts("text of an input", input.id, input.label, input.placeholder)
        for choice in input.choices:
            _check_texts("text of a choice", choice.id, choice.label)
    for name, value in toast.hints.items():
        _check_texts("a hint", name, value)


def expires_ms(toast: Toast) -> int | None:
    """When to take a toast away, in milliseconds; what is too long is left for the host to say."""
    if toast.expires_after is None:
        return None
    ms = toast.expires_after // timedelta(milliseconds=1)
    return max(0, min(ms, 0xFFFF_FFFF))
