//! What people do with toasts: they choose them, or put them away.

use std::sync::{Arc, PoisonError};

use bugle_store::{LiveToast, ToastId, wait};
use bugle_task::{Dismissal, Header, Toast, ToastActivation, ToastDismissal, Trigger, TriggerKind};

use crate::accept::Way;
use crate::inner::Inner;
use crate::lane::Lane;
use crate::pending::{Pending, spawn};
use crate::receipt::Receipt;
use crate::{Error, Host};

/// The most bytes that a person may type into one input, by the contract (`toast-activation`): 2 KiB.
pub const INPUT_BYTES_MAX: usize = 2 * 1_024;

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
            let _answering = Answering::begin(&host.inner, toast)?;
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
            let _answering = Answering::begin(&host.inner, toast)?;
            let live = host.live(toast)?;
            let lane = host.inner.lane_of(&live.app_id)?;
            if let Some(told) = host.inner.dismissed(&lane, live.toast, Dismissal::ByUser) {
                told.wait()?;
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

impl Inner {
    /// Says that a toast is gone without being chosen, if a task of the app wants to know.
    pub(crate) fn dismissed(
        self: &Arc<Self>,
        lane: &Arc<Lane>,
        toast: Toast,
        reason: Dismissal,
    ) -> Option<Pending<Receipt>> {
        let task = Self::task_for(&lane.app(), None, TriggerKind::ToastDismissed).ok()?;
        let dismissal = ToastDismissal { tag: toast.tag, group: toast.group, reason };
        Some(self.accept(lane, task, Trigger::ToastDismissed(dismissal), Way::default()))
    }
}

/// A toast that somebody is just choosing or putting away, or whose time is up: nobody else does anything
/// with it before that is done. All answers come by the one host that has the store.
pub(crate) struct Answering<'a> {
    inner: &'a Inner,
    toast: ToastId,
}

impl<'a> Answering<'a> {
    pub(crate) fn begin(inner: &'a Inner, toast: ToastId) -> Result<Self, Error> {
        let mut answering = inner.answering.lock().unwrap_or_else(PoisonError::into_inner);
        if !answering.insert(toast) {
            return Err(Error::UnknownToast { toast });
        }
        drop(answering);
        Ok(Self { inner, toast })
    }
}

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        let answering = &self.inner.answering;
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
