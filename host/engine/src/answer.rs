//! What people do with toasts: they choose them, or put them away.

use std::sync::PoisonError;

use bugle_store::{LiveToast, ToastId, wait};
use bugle_task::{Dismissal, Header, ToastActivation, ToastDismissal, Trigger, TriggerKind};

use crate::accept::Way;
use crate::inner::Inner;
use crate::pending::{Pending, spawn};
use crate::receipt::Receipt;
use crate::{Error, Host};

/// The most bytes that a person may type into one input: what fits into a raw push.
pub const INPUT_BYTES_MAX: usize = 5_000;

/// What a person chose of a toast.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToastChoice {
    /// Which of its actions, from 0; none is the toast itself.
    pub action: Option<usize>,
    /// What was typed or selected, by the id of the input; inputs that were left alone may be left out.
    pub inputs: Vec<(String, String)>,
}

impl Host {
    /// Says that a person chose a toast, or one of its actions: it wakes the task of the app that takes
    /// `toast-activated`, and the toast goes. Once the receipt is there, the trigger is durable.
    ///
    /// # Errors
    ///
    /// The toast is not to be seen any more ([`Error::UnknownToast`]), it has no such action or input, the
    /// action opens the app, no task takes it, or the queue is full. Then the toast stays.
    pub fn choose_toast(&self, toast: ToastId, choice: ToastChoice) -> Pending<Receipt> {
        let host = self.clone();
        spawn("bugle-choose", move || {
            let _answering = Answering::begin(&host, toast)?;
            let live = host.live(toast)?;
            let trigger = Trigger::ToastActivated(activation(&live, choice)?);
            let lane = host.inner.lane_of(&live.app_id)?;
            let task = Inner::task_for(&lane.app(), None, TriggerKind::ToastActivated)?;
            let receipt = host.inner.accept(&lane, task, trigger, Way::default()).wait()?;
            if let Err(error) = host.hide(toast) {
                // It was chosen, whatever became of the toast.
                tracing::warn!(%error, %toast, "a toast that was chosen is still there");
            }
            Ok(receipt)
        })
    }

    /// Says that a person put a toast away. If a task of the app takes `toast-dismissed`, it is woken.
    ///
    /// # Errors
    ///
    /// The toast is not to be seen any more ([`Error::UnknownToast`]), or the queue is full.
    pub fn dismiss_toast(&self, toast: ToastId) -> Pending<()> {
        let host = self.clone();
        spawn("bugle-dismiss", move || {
            let _answering = Answering::begin(&host, toast)?;
            let live = host.live(toast)?;
            let lane = host.inner.lane_of(&live.app_id)?;
            let task = Inner::task_for(&lane.app(), None, TriggerKind::ToastDismissed);
            if let Ok(task) = task {
                let (tag, group) = (live.toast.tag, live.toast.group);
                let dismissal = ToastDismissal { tag, group, reason: Dismissal::ByUser };
                let trigger = Trigger::ToastDismissed(dismissal);
                host.inner.accept(&lane, task, trigger, Way::default()).wait()?;
            }
            host.hide(toast)
        })
    }

    fn live(&self, toast: ToastId) -> Result<LiveToast, Error> {
        let live = self.inner.store.reader().toast(toast)?;
        live.ok_or(Error::UnknownToast { toast })
    }

    /// After the trigger is durable: a toast that is still there may be chosen again, one that was lost
    /// could not.
    fn hide(&self, toast: ToastId) -> Result<(), Error> {
        let inner = &self.inner;
        let now = inner.clock.now();
        let hidden = wait(|reply| inner.store.hide_toast(toast, Dismissal::ByUser, now, reply))?;
        if let Some(event) = hidden {
            inner.deliveries.committed(event.seq);
        }
        Ok(())
    }
}

/// A toast that somebody is just choosing or putting away: nobody else does before that is done. All answers
/// come by the one host that has the store.
struct Answering<'a> {
    host: &'a Host,
    toast: ToastId,
}

impl<'a> Answering<'a> {
    fn begin(host: &'a Host, toast: ToastId) -> Result<Self, Error> {
        let mut answering = host.inner.answering.lock().unwrap_or_else(PoisonError::into_inner);
        if !answering.insert(toast) {
            return Err(Error::UnknownToast { toast });
        }
        drop(answering);
        Ok(Self { host, toast })
    }
}

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        let answering = &self.host.inner.answering;
        answering.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.toast);
    }
}

/// What the task is told.
fn activation(live: &LiveToast, choice: ToastChoice) -> Result<ToastActivation, Error> {
    let toast = &live.toast;
    let wrong = |what: String| Error::Usage { what };
    let argument = match choice.action {
        None => &toast.argument,
        Some(at) => {
            let action = toast.actions.get(at).ok_or_else(|| {
                wrong(format!("`{}` has {} actions, and no {at}", live.id, toast.actions.len()))
            })?;
            if action.foreground {
                let what = "the action opens the app, which is not here; open it by itself";
                return Err(wrong(what.to_owned()));
            }
            &action.argument
        }
    };
    let mut inputs = Vec::with_capacity(choice.inputs.len());
    for (name, value) in choice.inputs {
        let input = toast.inputs.iter().find(|input| input.id == name);
        let input = input.ok_or_else(|| wrong(format!("`{}` has no input `{name}`", live.id)))?;
        let is_choice = input.choices.iter().any(|choice| choice.id == value);
        if !input.choices.is_empty() && !is_choice {
            return Err(wrong(format!("`{value}` is none of the choices of `{name}`")));
        }
        if value.len() > INPUT_BYTES_MAX {
            return Err(wrong(format!("`{name}` has more than {INPUT_BYTES_MAX} bytes")));
        }
        if !inputs.iter().any(|given: &Header| given.name == name) {
            inputs.push(Header { name, value });
        }
    }
    let (tag, group, argument) = (toast.tag.clone(), toast.group.clone(), argument.clone());
    Ok(ToastActivation { tag, group, argument, inputs })
}
