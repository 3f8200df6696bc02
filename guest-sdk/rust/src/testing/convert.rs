//! Between the contract's types, which a task uses, and the host's, which know the limits.

use bugle_task as host;

use crate::TaskError;
use crate::bindings::bugle::task::toasts::ToastError;
use crate::bindings::bugle::task::types;
use crate::settings::Value;
use crate::toasts::{Action, Input, Placement, Progress, Scenario, Toast, ToastUpdate};

pub(super) fn outcome(error: TaskError) -> host::Outcome {
    // The host cuts messages at 4 KiB.
    let cut = |mut message: String| {
        message.truncate(message.floor_char_boundary(4_096));
        message
    };
    match types::TaskError::from(error) {
        types::TaskError::Failed(message) | types::TaskError::Other(message) => {
            host::Outcome::Failed { message: cut(message) }
        }
        types::TaskError::Retry(after_ms) => host::Outcome::Retry { after_ms },
        types::TaskError::Rejected(message) => host::Outcome::Rejected { message: cut(message) },
    }
}

pub(super) fn value(value: &host::Value) -> Value {
    match value {
        host::Value::Boolean(value) => Value::Boolean(*value),
        host::Value::Integer(value) => Value::Integer(*value),
        host::Value::Float(value) => Value::Float(*value),
        host::Value::Text(value) => Value::Text(value.clone()),
        host::Value::Bytes(value) => Value::Bytes(value.0.clone()),
        host::Value::Timestamp(value) => Value::Timestamp(*value),
    }
}

pub(super) fn stored(value: &Value) -> host::Value {
    match value {
        Value::Boolean(value) => host::Value::Boolean(*value),
        Value::Integer(value) => host::Value::Integer(*value),
        Value::Float(value) => host::Value::Float(if value.is_nan() { f64::NAN } else { *value }),
        Value::Text(value) => host::Value::Text(value.clone()),
        Value::Bytes(value) => host::Value::Bytes(host::Bytes(value.clone())),
        Value::Timestamp(value) => host::Value::Timestamp(*value),
    }
}

pub(super) fn toast_error(error: host::ToastError) -> ToastError {
    match error {
        host::ToastError::TooLarge { bytes_max } => ToastError::TooLarge(bytes_max),
        error => ToastError::Invalid(error.to_string()),
    }
}

pub(super) fn toast(toast: &Toast) -> host::Toast {
    host::Toast {
        title: toast.title.clone(),
        body: toast.body.clone(),
        attribution: toast.attribution.clone(),
        argument: toast.argument.clone(),
        image: toast.image.as_ref().map(|image| host::Image {
            uri: image.uri.clone(),
            alternative_text: image.alternative_text.clone(),
            placement: placement(image.placement),
        }),
        actions: toast.actions.iter().map(action).collect(),
        inputs: toast.inputs.iter().map(input).collect(),
        progress: toast.progress.as_ref().map(progress),
        scenario: scenario(toast.scenario),
        silent: toast.silent,
        tag: toast.tag.clone(),
        group: toast.group.clone(),
        expires_after_ms: toast.expires_after,
        hints: toast
            .hints
            .iter()
            .map(|hint| host::Hint { name: hint.name.clone(), value: hint.value.clone() })
            .collect(),
    }
}

pub(super) fn update(update: &ToastUpdate) -> host::ToastUpdate {
    host::ToastUpdate {
        title: update.title.clone(),
        body: update.body.clone(),
        progress: update.progress.as_ref().map(progress),
    }
}

fn placement(placement: Placement) -> host::Placement {
    match placement {
        Placement::Inline => host::Placement::Inline,
        Placement::AppLogo => host::Placement::AppLogo,
        Placement::Hero => host::Placement::Hero,
    }
}

fn scenario(scenario: Scenario) -> host::Scenario {
    match scenario {
        Scenario::Standard => host::Scenario::Standard,
        Scenario::Reminder => host::Scenario::Reminder,
        Scenario::Alarm => host::Scenario::Alarm,
        Scenario::IncomingCall => host::Scenario::IncomingCall,
        Scenario::Quiet => host::Scenario::Quiet,
    }
}

fn action(action: &Action) -> host::Action {
    host::Action {
        label: action.label.clone(),
        argument: action.argument.clone(),
        foreground: action.foreground,
    }
}

fn input(input: &Input) -> host::Input {
    let choices = input
        .choices
        .iter()
        .map(|choice| host::Choice { id: choice.id.clone(), label: choice.label.clone() });
    host::Input {
        id: input.id.clone(),
        label: input.label.clone(),
        placeholder: input.placeholder.clone(),
        choices: choices.collect(),
    }
}

fn progress(progress: &Progress) -> host::Progress {
    let fraction = progress.fraction.filter(|fraction| !fraction.is_nan());
    host::Progress {
        title: progress.title.clone(),
        status: progress.status.clone(),
        fraction: fraction.map(|fraction| fraction.clamp(0.0, 1.0)),
        value_text: progress.value_text.clone(),
    }
}
