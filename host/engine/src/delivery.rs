use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bugle_store::{Reader, Store};

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

/// Tells the sinks' threads that there are new events, or that it is over.
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
    is_stopping: bool,
}

impl Deliveries {
    /// New events were committed, up to this one.
    pub(crate) fn committed(&self, newest: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.newest = state.newest.max(newest);
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
            state.reached.len() - 1
        };
        let (shared, clock) = (Arc::clone(self), inner.clock.clone());
        let delivery = Delivery { shared, number, cursor, sink, store, reader, tally, clock };
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
}

impl Delivery {
    fn run(mut self) {
        let mut pause = PAUSE_MIN;
        while let Some(newest) = self.wait_for_events() {
            let before = self.cursor;
            match self.step() {
                Ok(0) => self.reach(newest),
                // There may be more than one step has.
                Ok(_) => pause = PAUSE_MIN,
                Err(error) => {
                    if self.cursor > before {
                        pause = PAUSE_MIN;
                    }
                    self.tally.not_delivered(self.sink.name());
                    tracing::warn!(%error, sink = self.sink.name(), pause_ms = pause.as_millis(), "a toast was not delivered");
                    self.rest(pause);
                    pause = (pause * 2).min(PAUSE_MAX);
                }
            }
        }
    }

    /// Delivers some events and keeps the cursor; how many.
    fn step(&mut self) -> Result<u64, Box<dyn std::error::Error>> {
        let events = self.reader.events_after(self.cursor, EVENTS_A_STEP)?;
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
            !state.is_stopping && reached >= Some(state.newest)
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
