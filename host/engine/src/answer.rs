//! What people do with toasts: they choose them, or put them away.

use std::sync::Arc;
use std::time::Duration;

use bugle_store::{LiveToast, ToastId, wait};
use bugle_task::{
    Dismissal, Header, Toast, ToastActivation, ToastDismissal, ToastKey, Trigger, TriggerKind,
};

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

/// How long a task can be told of a toast that is gone: what it counts of toasts is of use for so long, and
/// those of a task that is paused do not fill its app's queue.
const DISMISSED_TTL: Duration = Duration::from_secs(24 * 60 * 60);

impl Host {
    /// Says that a person chose a toast, or one of its actions: it wakes the task of the app that takes
    /// `toast-activated`, and the toast goes, both in one transaction. Once the receipt is there, it is
    /// durable.
    ///
    /// # Errors
    ///
    /// The toast is not to be seen any more ([`Error::UnknownToast`]), it has no such action or input, the
    /// action opens the app, no task takes it, or the queue is full. Then the toast stays.
    pub fn choose_toast(&self, toast: ToastId, choice: ToastChoice) -> Pending<Receipt> {
        let host = self.clone();
        spawn("bugle-choose", move || {
            let live = host.live(toast)?;
            let trigger = Trigger::ToastActivated(activation(&live, choice)?);
            let lane = host.inner.lane_of(&live.app_id)?;
            let task = Inner::task_for(&lane.app(), None, TriggerKind::ToastActivated)?;
            let way = Way { ends_toast: Some((toast, Dismissal::ByUser)), ..Way::default() };
            host.inner.accept(&lane, task, trigger, way).wait()
        })
    }

    /// Says that a person put a toast away. If a task of the app takes `toast-dismissed`, and a run raised
    /// the toast, it is woken.
    ///
    /// # Errors
    ///
    /// The toast is not to be seen any more ([`Error::UnknownToast`]), or the queue is full.
    pub fn dismiss_toast(&self, toast: ToastId) -> Pending<()> {
        let host = self.clone();
        spawn("bugle-dismiss", move || {
            let LiveToast { app_id, toast: Toast { tag, group, .. }, .. } = host.live(toast)?;
            let lane = host.inner.lane_of(&app_id)?;
            let key = ToastKey { tag, group };
            match host.inner.dismiss(&lane, toast, key, Dismissal::ByUser) {
                Some(told) => told.wait().map(drop),
                None => host.hide(toast),
            }
        })
    }

    fn live(&self, toast: ToastId) -> Result<LiveToast, Error> {
        let live = self.inner.store.reader().toast(toast)?;
        live.ok_or(Error::UnknownToast { toast })
    }

    /// Takes a toast away of which no task wants to know.
    fn hide(&self, toast: ToastId) -> Result<(), Error> {
        let inner = &self.inner;
        let now = inner.clock.now();
        let hidden = wait(|reply| inner.store.hide_toast(toast, Dismissal::ByUser, now, reply))?;
        let event = hidden.ok_or(Error::UnknownToast { toast })?;
        inner.deliveries.committed(event.seq);
        Ok(())
    }
}

impl Inner {
    /// Takes a toast away and says so to the task that wants to know, in one transaction; none if no task
    /// does, or if no run raised it: of what a sender or the host shows no task knows.
    pub(crate) fn dismiss(
        self: &Arc<Self>,
        lane: &Arc<Lane>,
        toast: ToastId,
        key: ToastKey,
        reason: Dismissal,
    ) -> Option<Pending<Receipt>> {
        let is_raised = toast.run.claim > 0;
        let task = Self::task_for(&lane.app(), None, TriggerKind::ToastDismissed).ok()?;
        let dismissal = ToastDismissal { tag: key.tag, group: key.group, reason };
        let trigger = Trigger::ToastDismissed(dismissal);
        let (ends_toast, ttl) = (Some((toast, reason)), Some(DISMISSED_TTL));
        is_raised
            .then(|| self.accept(lane, task, trigger, Way { ends_toast, ttl, ..Way::default() }))
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
