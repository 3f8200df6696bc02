use bugle_task::{
    Action, Choice, Hint, Image, Input, Placement, Progress, Scenario, Toast, ToastKey, ToastUpdate,
};
use wasmtime::StoreContextMut;
use wasmtime::component::LinkerInstance;

use crate::bindings::bugle::task::toasts as wit;
use crate::effects::ShowError;
use crate::meter::{charge, charge_elements};
use crate::state::State;

pub(super) fn add(instance: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    instance.func_wrap("permitted", |mut store: StoreContextMut<'_, State>, (): ()| {
        charge(&mut store, 0)?;
        Ok((store.data().buffer.permitted(),))
    })?;
    instance.func_wrap("show", show)?;
    instance.func_wrap("update", update)?;
    instance.func_wrap("hide", hide)
}

type Answer = wasmtime::Result<(Result<(), wit::ToastError>,)>;

fn show(mut store: StoreContextMut<'_, State>, (toast,): (wit::Toast,)) -> Answer {
    let toast = from_wit(toast);
    charge(&mut store, toast.bytes())?;
    charge_elements(&mut store, elements(&toast))?;
    let shown = store.data_mut().buffer.show(toast);
    Ok((shown.map_err(Into::into),))
}

/// What a toast has in lists, whether it has bytes or not.
fn elements(toast: &Toast) -> usize {
    let choices: usize = toast.inputs.iter().map(|input| input.choices.len()).sum();
    toast.actions.len() + toast.inputs.len() + choices + toast.hints.len()
}

fn update(
    mut store: StoreContextMut<'_, State>,
    (tag, group, sequence, change): (String, Option<String>, u32, wit::ToastUpdate),
) -> Answer {
    let key = ToastKey { tag: Some(tag), group };
    let change = ToastUpdate {
        title: change.title,
        body: change.body,
        progress: change.progress.map(progress),
    };
    charge(&mut store, key.bytes() + change.bytes())?;
    let updated = store.data_mut().buffer.update(key, sequence, change);
    Ok((updated.map_err(Into::into),))
}

fn hide(
    mut store: StoreContextMut<'_, State>,
    (tag, group): (Option<String>, Option<String>),
) -> Answer {
    let key = ToastKey { tag, group };
    charge(&mut store, key.bytes())?;
    let hidden = store.data_mut().buffer.hide(key);
    Ok((hidden.map_err(Into::into),))
}

impl From<ShowError> for wit::ToastError {
    fn from(error: ShowError) -> Self {
        match error {
            ShowError::TooLarge(max) => Self::TooLarge(max),
            ShowError::TooMany(max) => Self::TooMany(max),
            ShowError::Invalid(why) => Self::Invalid(why),
        }
    }
}

fn from_wit(toast: wit::Toast) -> Toast {
    Toast {
        title: toast.title,
        body: toast.body,
        attribution: toast.attribution,
        argument: toast.argument,
        image: toast.image.map(image),
        actions: toast.actions.into_iter().map(action).collect(),
        inputs: toast.inputs.into_iter().map(input).collect(),
        progress: toast.progress.map(progress),
        scenario: scenario(toast.scenario),
        silent: toast.silent,
        tag: toast.tag,
        group: toast.group,
        expires_after_ms: toast.expires_after,
        hints: toast
            .hints
            .into_iter()
            .map(|hint| Hint { name: hint.name, value: hint.value })
            .collect(),
    }
}

fn image(image: wit::Image) -> Image {
    let placement = match image.placement {
        wit::Placement::Inline => Placement::Inline,
        wit::Placement::AppLogo => Placement::AppLogo,
        wit::Placement::Hero => Placement::Hero,
    };
    Image { uri: image.uri, alternative_text: image.alternative_text, placement }
}

fn action(action: wit::Action) -> Action {
    Action { label: action.label, argument: action.argument, foreground: action.foreground }
}

fn input(input: wit::Input) -> Input {
    let choice = |choice: wit::Choice| Choice { id: choice.id, label: choice.label };
    Input {
        id: input.id,
        label: input.label,
        placeholder: input.placeholder,
        choices: input.choices.into_iter().map(choice).collect(),
    }
}

fn progress(progress: wit::Progress) -> Progress {
    let fraction = progress.fraction.filter(|fraction| !fraction.is_nan());
    Progress {
        title: progress.title,
        status: progress.status,
        fraction: fraction.map(|fraction| fraction.clamp(0.0, 1.0)),
        value_text: progress.value_text,
    }
}

fn scenario(scenario: wit::Scenario) -> Scenario {
    match scenario {
        wit::Scenario::Standard => Scenario::Standard,
        wit::Scenario::Reminder => Scenario::Reminder,
        wit::Scenario::Alarm => Scenario::Alarm,
        wit::Scenario::IncomingCall => Scenario::IncomingCall,
        wit::Scenario::Quiet => Scenario::Quiet,
    }
}
