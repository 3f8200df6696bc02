use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use bugle_store::{AppKey, DeadReason};
use bugle_task::{RunReport, TriggerId};

use crate::Error;
use crate::pending::{Pending, Promise};

/// How a trigger left the queue.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Ending {
    /// A run completed, and what it did is committed.
    Completed(Box<RunReport>),
    /// The app took the push in the foreground; no task ran.
    Taken,
    /// It will not be tried again by itself.
    Dead {
        /// Why.
        reason: DeadReason,
        /// The last run, if there was one.
        report: Option<Box<RunReport>>,
    },
    /// Its time was up before a run completed.
    Expired,
    /// Its sender took it back, or a later push of the same topic took its place.
    Withdrawn,
    /// Its app was removed, with all that waited for it.
    Removed,
    /// It had ended before, under the same name.
    Repeated,
}

/// A trigger that the host has made durable.
#[derive(Debug)]
pub struct Receipt {
    pub(crate) id: TriggerId,
    pub(crate) watch: Arc<Watch>,
}

impl Receipt {
    /// The trigger's id: the same on every attempt, and after a restart.
    #[must_use]
    pub fn id(&self) -> TriggerId {
        self.id
    }

    /// The report of the trigger's first run of this process.
    ///
    /// # Errors
    ///
    /// [`Error::NoRun`] if the trigger ended without one, [`Error::Stopped`] with the host.
    pub fn report(self) -> Pending<RunReport> {
        let (promise, pending) = Promise::new();
        self.watch.answer(|state| match (&state.report, &state.ending) {
            (Some(report), _) => promise.keep(Ok(RunReport::clone(report))),
            (None, Some(ending)) => promise.keep(Err(no_run(self.id, ending))),
            (None, None) if state.is_closed => {}
            (None, None) => state.reports.push(promise),
        });
        keep_watching(self.watch, pending)
    }

    /// How the trigger leaves the queue: after retries, if it needs them.
    ///
    /// # Errors
    ///
    /// [`Error::Stopped`] if the host stops first.
    pub fn ending(self) -> Pending<Ending> {
        let (promise, pending) = Promise::new();
        self.watch.answer(|state| match &state.ending {
            Some(ending) => promise.keep(Ok(ending.clone())),
            None if state.is_closed => {}
            None => state.endings.push(promise),
        });
        keep_watching(self.watch, pending)
    }
}

/// Whoever waits keeps the watch alive by the promise that it holds.
fn keep_watching<T>(watch: Arc<Watch>, pending: Pending<T>) -> Pending<T> {
    watch.hold();
    pending
}

fn no_run(trigger: TriggerId, ending: &Ending) -> Error {
    let why = match ending {
        Ending::Taken => "the app took it in the foreground",
        Ending::Expired => "its time was up",
        Ending::Withdrawn => "its sender took it back, or sent a later one of the same topic",
        Ending::Removed => "its app was removed",
        Ending::Repeated => "it repeats one that had ended before",
        Ending::Dead { .. } => "it is dead",
        Ending::Completed(_) => "it completed",
    };
    Error::NoRun { trigger, why }
}

/// What somebody who has a receipt waits for.
#[derive(Debug, Default)]
pub(crate) struct Watch(Mutex<WatchState>);

#[derive(Debug, Default)]
struct WatchState {
    report: Option<Box<RunReport>>,
    ending: Option<Ending>,
    reports: Vec<Promise<RunReport>>,
    endings: Vec<Promise<Ending>>,
    /// Of who wants to know whether the app has it, and not the task.
    takes: Vec<Promise<bool>>,
    /// The host has stopped: nothing more will come of it.
    is_closed: bool,
    /// The watch itself, while somebody waits for it.
    held: Option<Arc<Watch>>,
}

impl Watch {
    /// Of a trigger of which nothing more will come.
    pub(crate) fn ended(ending: Ending) -> Self {
        Self(Mutex::new(WatchState { ending: Some(ending), ..WatchState::default() }))
    }

    /// Whether the trigger ends as taken by the app.
    pub(crate) fn is_taken(self: Arc<Self>) -> Pending<bool> {
        let (promise, pending) = Promise::new();
        self.answer(|state| match &state.ending {
            Some(ending) => promise.keep(Ok(*ending == Ending::Taken)),
            None if state.is_closed => {}
            None => state.takes.push(promise),
        });
        keep_watching(self, pending)
    }

    fn answer(&self, look: impl FnOnce(&mut WatchState)) {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn hold(self: Arc<Self>) {
        let held = Arc::clone(&self);
        self.answer(|state| {
            let is_awaited =
                !state.reports.is_empty() || !state.endings.is_empty() || !state.takes.is_empty();
            if is_awaited {
                state.held = Some(held);
            }
        });
    }
}

/// The receipts that somebody may still look at, by trigger.
#[derive(Debug, Default)]
pub(crate) struct Watches(Mutex<HashMap<TriggerId, (AppKey, Weak<Watch>)>>);

impl Watches {
    pub(crate) fn add(&self, app: AppKey, id: TriggerId, watch: &Arc<Watch>) {
        let mut watches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        watches.insert(id, (app, Arc::downgrade(watch)));
    }

    /// The receipt of a trigger that somebody has, or a new one.
    pub(crate) fn share(&self, app: AppKey, id: TriggerId) -> Arc<Watch> {
        let mut watches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = watches.get(&id).and_then(|(_, watch)| watch.upgrade());
        known.unwrap_or_else(|| {
            let watch = Arc::default();
            watches.insert(id, (app, Arc::downgrade(&watch)));
            watch
        })
    }

    /// Tells of the removal of an app: all that waited for it is gone.
    pub(crate) fn removed(&self, app: AppKey) {
        let ids: Vec<TriggerId> = {
            let watches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            watches.iter().filter(|(_, (of, _))| *of == app).map(|(id, _)| *id).collect()
        };
        ids.into_iter().for_each(|id| self.ended(id, |_| Ending::Removed));
    }

    /// Whether somebody may look at what comes of a trigger.
    pub(crate) fn is_watched(&self, id: TriggerId) -> bool {
        self.find(id).is_some()
    }

    /// Tells of a run. The report is cloned only if somebody looks.
    pub(crate) fn ran(&self, id: TriggerId, report: &RunReport) {
        let Some(watch) = self.find(id) else { return };
        watch.answer(|state| {
            for promise in state.reports.drain(..) {
                promise.keep(Ok(report.clone()));
            }
            state.report = Some(Box::new(report.clone()));
        });
    }

    /// Tells of the end of a trigger.
    pub(crate) fn ended(
        &self,
        id: TriggerId,
        ending: impl FnOnce(Option<Box<RunReport>>) -> Ending,
    ) {
        let watch = {
            let mut watches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            watches.remove(&id).and_then(|(_, watch)| watch.upgrade())
        };
        let Some(watch) = watch else { return };
        let mut held = None;
        watch.answer(|state| {
            let ending = ending(state.report.clone());
            for promise in state.reports.drain(..) {
                promise.keep(Err(no_run(id, &ending)));
            }
            for promise in state.endings.drain(..) {
                promise.keep(Ok(ending.clone()));
            }
            for promise in state.takes.drain(..) {
                promise.keep(Ok(ending == Ending::Taken));
            }
            state.ending = Some(ending);
            held = state.held.take();
        });
    }

    /// The host has stopped: nobody will hear more.
    pub(crate) fn close(&self) {
        let watches = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for watch in watches.into_values().filter_map(|(_, watch)| watch.upgrade()) {
            let mut held = None;
            watch.answer(|state| {
                state.reports.clear();
                state.endings.clear();
                state.takes.clear();
                state.is_closed = true;
                held = state.held.take();
            });
        }
    }

    fn find(&self, id: TriggerId) -> Option<Arc<Watch>> {
        let mut watches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let watch = watches.get(&id)?.1.upgrade();
        if watch.is_none() {
            watches.remove(&id);
        }
        watch
    }
}
