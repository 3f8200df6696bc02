"""The host of a component: the contract's imports, as componentize-py binds them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from componentize_py_types import Err
from wit_world.imports import (
    badge,
    local_settings,
    log,
    task_context,
    toasts,
    trigger_details,
    types,
)

from . import _host, errors
from . import toasts as sdk
from . import trigger as triggers
from ._traceback import text_of
from .badge import GLYPHS

#: The most items that the host gives at once.
_PAGE_ITEMS = 256

_LEVELS = {level.name.lower(): level for level in log.Level}
_GLYPHS = {glyph: badge.Glyph[glyph.upper().replace("-", "_")] for glyph in GLYPHS}
_SCENARIOS = {name: toasts.Scenario[name.upper().replace("-", "_")] for name in sdk.SCENARIOS}
_PLACEMENTS = {name: toasts.Placement[name.upper().replace("-", "_")] for name in sdk.PLACEMENTS}
_VALUES = {
    "boolean": local_settings.Value_Boolean,
    "integer": local_settings.Value_Integer,
    "float": local_settings.Value_Float,
    "text": local_settings.Value_Text,
    "bytes": local_settings.Value_Bytes,
    "timestamp": local_settings.Value_Timestamp,
}


def _kebab(name: str) -> str:
    """`AppUpdated` as `app-updated`."""
    return "".join("-" + letter.lower() if letter.isupper() else letter for letter in name)[1:]


def _case(value: object) -> str:
    """The case of a variant, as the contract writes it."""
    return _kebab(type(value).__name__.partition("_")[2])


def _settings_error(path: str, error: Any) -> errors.Error:
    kinds = {
        local_settings.SettingsError_InvalidPath: errors.InvalidPath,
        local_settings.SettingsError_ValueTooLarge: errors.ValueTooLarge,
        local_settings.SettingsError_QuotaExceeded: errors.QuotaExceeded,
        local_settings.SettingsError_TooMany: errors.TooManySettings,
    }
    kind = kinds.get(type(error))
    return kind(path, error.value) if kind else errors.OtherError(error.value)


def _toast_error(error: Any) -> errors.Error:
    kinds = {
        toasts.ToastError_TooLarge: errors.ToastTooLarge,
        toasts.ToastError_TooMany: errors.TooManyToasts,
        toasts.ToastError_Invalid: errors.InvalidToast,
    }
    return kinds.get(type(error), errors.OtherError)(error.value)


def _context_error(key: str, error: Any) -> errors.Error:
    kinds = {
        task_context.ContextError_TooLarge: errors.WorkTooLarge,
        task_context.ContextError_TooMany: errors.TooMuchWork,
        task_context.ContextError_Invalid: errors.InvalidWork,
    }
    kind = kinds.get(type(error))
    return kind(key, error.value) if kind else errors.OtherError(error.value)


class Host:
    """The contract's functions in Python's types."""

    app = staticmethod(task_context.app)
    app_version = staticmethod(task_context.app_version)
    task = staticmethod(task_context.task)
    trigger_id = staticmethod(task_context.trigger_id)
    run_id = staticmethod(task_context.run_id)
    attempt = staticmethod(task_context.attempt)
    attempts_max = staticmethod(task_context.attempts_max)
    now = staticmethod(task_context.now)
    random = staticmethod(task_context.random)
    remaining_fuel = staticmethod(task_context.remaining_fuel)
    remaining_time = staticmethod(task_context.remaining_time)
    report_progress = staticmethod(task_context.report_progress)
    toasts_permitted = staticmethod(toasts.permitted)
    settings_version = staticmethod(local_settings.version)
    set_settings_version = staticmethod(local_settings.set_version)

    def write_log(self, level: str, message: str) -> None:
        log.write(_LEVELS[level], message)

    def get_setting(self, path: str) -> Any:
        try:
            value = local_settings.get(path)
        except Err as error:
            raise _settings_error(path, error.value) from None
        if value is None:
            return None
        if type(value) is local_settings.Value_Timestamp:
            return _host.moment(value.value)
        return value.value

    def set_setting(self, path: str, kind: str, value: Any) -> None:
        if kind == "timestamp":
            value = _host.milliseconds(value)
        try:
            local_settings.set(path, _VALUES[kind](value))
        except Err as error:
            raise _settings_error(path, error.value) from None

    def remove_setting(self, path: str) -> bool:
        try:
            return local_settings.remove(path)
        except Err as error:
            raise _settings_error(path, error.value) from None

    def clear_settings(self, container: str) -> int:
        try:
            return local_settings.clear(container)
        except Err as error:
            raise _settings_error(container, error.value) from None

    def setting_names(
        self, container: str, after: str | None
    ) -> tuple[list[tuple[str, bool]], str | None]:
        try:
            page = local_settings.items(container, after, _PAGE_ITEMS)
        except Err as error:
            raise _settings_error(container, error.value) from None
        return [(item.name, item.is_container) for item in page.items], page.next

    def badge(self) -> int | str | None:
        mark = badge.get()
        if type(mark) is badge.Mark_Glyph:
            return mark.value.name.lower().replace("_", "-")
        return None if mark is None else mark.value

    def set_badge(self, mark: int | str | None) -> None:
        if mark is None:
            badge.clear()
        elif isinstance(mark, str):
            badge.set(badge.Mark_Glyph(_GLYPHS[mark]))
        else:
            badge.set(badge.Mark_Number(mark))

    def show_toast(self, toast: sdk.Toast) -> None:
        try:
            toasts.show(_toast(toast))
        except Err as error:
            raise _toast_error(error.value) from None

    def update_toast(
        self, tag: str, group: str | None, sequence: int, change: sdk.ToastUpdate
    ) -> None:
        try:
            toasts.update(tag, group, sequence, change)
        except Err as error:
            raise _toast_error(error.value) from None

    def hide_toasts(self, tag: str | None, group: str | None) -> None:
        try:
            toasts.hide(tag, group)
        except Err as error:
            raise _toast_error(error.value) from None

    def cancellation(self) -> str | None:
        reason = task_context.cancellation()
        if reason is None:
            return None
        if type(reason) is task_context.CancellationReason_Other:
            return reason.value
        return _case(reason)

    def on_resume(self, key: str, content: bytes) -> None:
        try:
            task_context.on_resume(task_context.ResumeWork(key, content))
        except Err as error:
            raise _context_error(key, error.value) from None


def _toast(toast: sdk.Toast) -> toasts.Toast:
    # A record is read by the names of its fields, so that the SDK's own classes will do where they
    # have them all: inputs, choices, actions and progress. A list has to be one: a tuple traps.
    image = toast.image
    if image is not None:
        image = toasts.Image(image.uri, image.alternative_text, _PLACEMENTS[image.placement])
    return toasts.Toast(
        title=toast.title,
        body=toast.body,
        attribution=toast.attribution,
        argument=toast.argument,
        image=image,
        actions=list(toast.actions),
        inputs=[replace(input, choices=list(input.choices)) for input in toast.inputs],
        progress=toast.progress,
        scenario=_SCENARIOS[toast.scenario],
        silent=toast.silent,
        tag=toast.tag,
        group=toast.group,
        expires_after=sdk.expires_ms(toast),
        hints=[types.Pair(name, value) for name, value in toast.hints.items()],
    )


def trigger(given: trigger_details.Trigger) -> triggers.Trigger:
    """The contract's trigger as the SDK's."""
    return _TRIGGERS[type(given)](given.value)


def _raw_notification(given: Any) -> triggers.RawNotification:
    return triggers.RawNotification(
        given.channel,
        given.content,
        given.content_type,
        [(header.name, header.value) for header in given.headers],
        _host.moment(given.received_at),
    )


def _activation(given: Any) -> triggers.ToastActivation:
    inputs = {input.name: input.value for input in given.inputs}
    return triggers.ToastActivation(given.tag, given.group, given.argument, inputs)


def _dismissal(given: Any) -> triggers.ToastDismissal:
    reason = given.reason.name.lower().replace("_", "-")
    return triggers.ToastDismissal(given.tag, given.group, reason)


def _tick(given: Any) -> triggers.TimerTick:
    return triggers.TimerTick(given.name, _host.moment(given.due_at), given.missed)


def _request(given: Any) -> triggers.ApplicationRequest:
    return triggers.ApplicationRequest(given.content, given.content_type)


def _expiry(given: Any) -> triggers.ChannelExpiry:
    return triggers.ChannelExpiry(given.channel, _host.moment(given.expires_at))


def _system(given: Any) -> triggers.SystemEvent:
    return triggers.SystemEvent(_case(given), getattr(given, "value", None))


def _custom(given: Any) -> triggers.CustomEvent:
    return triggers.CustomEvent(given.kind, given.content)


_TRIGGERS = {
    trigger_details.Trigger_RawNotification: _raw_notification,
    trigger_details.Trigger_ToastActivated: _activation,
    trigger_details.Trigger_ToastDismissed: _dismissal,
    trigger_details.Trigger_Timer: _tick,
    trigger_details.Trigger_Application: _request,
    trigger_details.Trigger_ChannelExpiring: _expiry,
    trigger_details.Trigger_System: _system,
    trigger_details.Trigger_Custom: _custom,
}


def failed(message: str) -> Err:
    """An end that the host tries again, with text that the contract can carry."""
    return Err(types.TaskError_Failed(_carried(message)))


def ended(error: errors.TaskError) -> Err:
    """A task's own way to end."""
    if isinstance(error, errors.Retry):
        return Err(types.TaskError_Retry(error.after_ms))
    if isinstance(error, errors.Rejected):
        return Err(types.TaskError_Rejected(_carried(text_of(error))))
    return failed(text_of(error))


def _carried(message: str) -> str:
    return message.encode("utf-8", "replace").decode()
