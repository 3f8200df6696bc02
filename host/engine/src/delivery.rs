use std::mem;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bugle_store::{Reader, Store};
use bugle_task::AppId;

use crate::Error;
use crate::clock::Clock;
use crate::inner::Inner;
use crate::sink::Sink;
use crate::tally::Tally;
use crate::way;

/// How many events are read, and delivered, before the cursor is kept: after a crash at most so many
/// come again.
const EVENTS_A_STEP: usize = 64;

/// The pauses after a sink's error.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Tells the sinks' threads that there are new events, that an app is gone, or that it is over.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The newest event that this host has committed.
    newest: u64,
    /// What was the newest when a sink last found that it had everything; none at first, when there
    /// may be events that an earlier host committed.
    reached: Vec<Option<u64>>,
    /// The removed apps that each sink is to be told of.
    removed: Vec<Vec<AppId>>,
    is_stopping: bool,
}

impl Deliveries {
    /// New events were committed, up to this one.
    pub(crate) fn committed(&self, newest: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.newest = state.newest.max(newest);
        self.changed.notify_all();
    }

    /// An app was removed, with all of its toasts: no event tells that, since its events went with it.
    pub(crate) fn removed(&self, app: &AppId) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.removed.iter_mut().for_each(|of_sink| of_sink.push(app.clone()));
        self.changed.notify_all();
    }

    pub(crate) fn stop(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).is_stopping = true;
        self.changed.notify_all();
    }

    fn is_stopping(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).is_stopping
    }

    /// Waits until every sink has everything that was committed, or it is over.
    pub(crate) fn wait_until_delivered(&self) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_behind = |state: &mut State| {
            !state.is_stopping && state.reached.iter().any(|reached| *reached < Some(state.newest))
        };
        drop(self.changed.wait_while(state, is_behind).unwrap_or_else(PoisonError::into_inner));
    }

    /// Starts a sink's thread.
    pub(crate) fn start(
        self: &Arc<Self>,
        sink: Box<dyn Sink>,
        inner: &Inner,
    ) -> Result<JoinHandle<()>, Error> {
        let (store, tally) = (inner.store.clone(), Arc::clone(&inner.tally));
        let reader = store.reader();
        let cursor = reader.cursor(sink.name())?;
        // Known from now on, so that what it has not had yet is kept for it.
        let name = sink.name().to_owned();
        bugle_store::wait(|reply| store.set_cursor(name, cursor, reply))?;
        tally.sink_has(sink.name(), cursor);
        let number = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.reached.push(None);
            state.removed.push(Vec::new());
            state.reached.len() - 1
        };
        let (shared, clock) = (Arc::clone(self), inner.clock.clone());
        let failure = None;
        let delivery =
            Delivery { shared, number, cursor, sink, store, reader, tally, clock, failure };
        let thread = thread::Builder::new().name("bugle-sink".to_owned());
        thread.spawn(move || delivery.run()).map_err(|source| Error::Thread { source })
    }
}

/// One sink behind its cursor.
struct Delivery {
    shared: Arc<Deliveries>,
    number: usize,
    cursor: u64,
    sink: Box<dyn Sink>,
    store: Store,
    reader: Reader,
    tally: Arc<Tally>,
    clock: Clock,
    /// Why it could not be told the last time, if it could not.
    failure: Option<String>,
}

impl Delivery {
    fn run(mut self) {
        let mut pause = PAUSE_MIN;
        while let Some(newest) = self.wait_for_events() {
            self.erase();
            let before = self.cursor;
            match self.step() {
                Ok(0) => self.reach(newest),
                Ok(_) => {
                    // There may be more than one step has.
                    pause = PAUSE_MIN;
                    self.goes_on();
                }
                Err(error) => {
                    if self.cursor > before {
                        pause = PAUSE_MIN;
                    }
                    self.fails(&*error, pause);
                    self.rest(pause);
                    pause = (pause * 2).min(PAUSE_MAX);
                }
            }
        }
    }

    /// Says why events wait for the sink: each reason as a warning once, not at each try.
    fn fails(&mut self, error: &dyn std::error::Error, pause: Duration) {
        let (sink, pause_ms, why) = (self.sink.name(), pause.as_millis(), error.to_string());
        self.tally.not_delivered(sink);
        if self.failure.as_ref() == Some(&why) {
            tracing::debug!(error = %why, sink, pause_ms, "a toast was not delivered again");
        } else {
            tracing::warn!(error = %why, sink, pause_ms, "a toast was not delivered; it is tried again");
        }
        self.failure = Some(why);
    }

    fn goes_on(&mut self) {
        if self.failure.take().is_some() {
            tracing::warn!(sink = self.sink.name(), "toasts are delivered again");
        }
    }

    /// Tells the sink of the apps that were removed.
    fn erase(&mut self) {
        let removed = {
            let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.removed.get_mut(self.number).map(mem::take).unwrap_or_default()
        };
        for app in removed {
            if let Err(error) = self.sink.erase(&app) {
                let sink = self.sink.name();
                tracing::warn!(%error, sink, %app, "toasts of a removed app are perhaps still to be seen");
            }
        }
    }

    /// Delivers some events and keeps the cursor; how many.
    fn step(&mut self) -> Result<u64, Box<dyn std::error::Error>> {
        let events = self.reader.events_after(self.cursor, EVENTS_A_STEP)?;
        let before = self.cursor;
        let mut delivered = 0_u64;
        let mut failure = None;
        for event in &events {
            if self.shared.is_stopping() {
                break;
            }
            way::deliver(event.seq);
            if let Err(error) = self.sink.deliver(event) {
                failure = Some(error);
                break;
            }
            self.cursor = event.seq;
            self.tally.delivered(self.sink.name(), event.seq, self.clock.now());
            delivered += 1;
        }
        if !events.is_empty()
            && let Err(error) = self.sink.flush()
        {
            self.cursor = before;
            self.tally.sink_has(self.sink.name(), before);
            return Err(failure.unwrap_or(error).into());
        }
        if delivered > 0 {
            let (name, cursor) = (self.sink.name().to_owned(), self.cursor);
            bugle_store::wait(|reply| self.store.set_cursor(name, cursor, reply))?;
        }
        match failure {
            Some(error) => Err(error.into()),
            None => Ok(delivered),
        }
    }

    /// Waits for events; none when it is over.
    fn wait_for_events(&self) -> Option<u64> {
        let state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        let has_all = |state: &mut State| {
            let reached = state.reached.get(self.number).copied().flatten();
            let is_told = state.removed.get(self.number).is_none_or(Vec::is_empty);
            !state.is_stopping && reached >= Some(state.newest) && is_told
        };
        let state =
            self.shared.changed.wait_while(state, has_all).unwrap_or_else(PoisonError::into_inner);
        (!state.is_stopping).then_some(state.newest)
    }

    /// The sink has everything that was committed when this event was the newest.
    fn reach(&self, newest: u64) {
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reached) = state.reached.get_mut(self.number) {
            *reached = Some(newest);
        }
        self.shared.changed.notify_all();
    }

    /// Waits out a pause, or until it is over.
    fn rest(&self, pause: Duration) {
        let state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = |state: &mut State| !state.is_stopping;
        drop(
            self.shared
                .changed
                .wait_timeout_while(state, pause, rest)
                .unwrap_or_else(PoisonError::into_inner),
        );
    }
}
