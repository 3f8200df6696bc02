use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crate::inner::Inner;
use crate::place::{Place, Stand};
use crate::pool::{Pool, Taken, Takes};
use crate::turn;

/// How much guest threads stand back behind the store's writer, the doors and who takes light lanes: each
/// has a tenth of what one of those has. Measured beside eight busy apps, the writer's slow transactions
/// waited 1.4 s in all for a processor with 5, and 0.6 s with this.
#[cfg(target_os = "linux")]
const NICE_QUICK: i32 = 10;
/// What runs for long stands back further.
#[cfg(target_os = "linux")]
const NICE_LONG: i32 = 19;

/// What a guest's thread needs: 512 KiB for the guest, and as much for the host as an ordinary
/// thread has.
const STACK_BYTES: usize = 2 * 1024 * 1024;

/// A worker, as the turn in its hands sees it.
#[derive(Debug, Clone)]
pub(crate) struct Worker {
    inner: Arc<Inner>,
    takes: Takes,
    /// None if there is only one processor.
    place: Option<Arc<Mutex<Place>>>,
    is_long: Arc<AtomicBool>,
    has_successor: Arc<AtomicBool>,
}

impl Worker {
    /// Starts the thread of one.
    pub(crate) fn start(inner: &Arc<Inner>, takes: Takes) -> io::Result<JoinHandle<()>> {
        let worker = Self {
            inner: Arc::clone(inner),
            takes,
            place: inner.pool.place().map(|place| Arc::new(Mutex::new(place))),
            is_long: Arc::default(),
            has_successor: Arc::default(),
        };
        let thread = thread::Builder::new().name("bugle-worker".to_owned()).stack_size(STACK_BYTES);
        thread.spawn(move || worker.work())
    }

    fn work(&self) {
        // Who takes light lanes is as quick as the writer and the doors, and stands back once it is not.
        if self.takes == Takes::Any {
            stand_back(false);
        }
        let mut was_light = false;
        while let Some(taken) = Pool::next(&self.inner, self.takes, was_light) {
            self.go(self.stand_of(&taken));
            Pool::keep_writer(&self.inner, taken.is_mixed);
            let is_heavy = taken.is_heavy;
            turn::take(&self.inner, taken, self);
            was_light = !is_heavy && !self.is_long();
            if self.is_long() {
                if !self.has_successor.load(Ordering::Relaxed) {
                    // There were too many threads. Now one ends.
                    self.find_late_successor();
                }
                if self.has_successor.load(Ordering::Relaxed) {
                    return;
                }
            }
        }
    }

    fn stand_of(&self, taken: &Taken) -> Stand {
        match self.takes {
            _ if taken.gives_way() => Stand::Aside,
            Takes::Light if taken.is_mixed && self.has_few_processors() => Stand::Kept,
            _ => Stand::Anywhere,
        }
    }

    /// Whether there are two: with more, one that is woken finds a free one, and need not share the writer's.
    fn has_few_processors(&self) -> bool {
        let place = self.place.as_ref();
        place.is_some_and(|place| place.lock().unwrap_or_else(PoisonError::into_inner).is_of_two())
    }

    /// What this worker does now takes long: another takes its place, and it stands back. It ends
    /// with its turn, since a thread cannot stand forward again.
    pub(crate) fn goes_long(&self) {
        if self.is_long.swap(true, Ordering::Relaxed) {
            return;
        }
        // First, since a thread begins where the one stands that starts it.
        self.has_successor.store(self.start_another(0), Ordering::Relaxed);
        stand_back(true);
        self.go_aside();
    }

    /// Leaves a processor to apps that do little, if there are any.
    fn go_aside(&self) {
        let has_others = self.inner.pool.was_light_lately();
        self.go(if has_others { Stand::Aside } else { Stand::Anywhere });
    }

    /// As [`goes_long`](Self::goes_long), to compile: that may start threads and processes, which begin
    /// where this one is, and others will use.
    pub(crate) fn goes_compiling(&self) {
        self.goes_long();
        self.go(Stand::Anywhere);
    }

    /// What was compiled runs now.
    pub(crate) fn has_compiled(&self) {
        self.go_aside();
    }

    pub(crate) fn is_long(&self) -> bool {
        self.is_long.load(Ordering::Relaxed)
    }

    fn go(&self, stand: Stand) {
        if let Some(place) = &self.place {
            place.lock().unwrap_or_else(PoisonError::into_inner).go(stand);
        }
    }

    /// Has the store's writer start the one that takes this one's place: a thread that this one started now
    /// would stand back as far as it does, for good.
    fn find_late_successor(&self) {
        let (tell, told) = channel();
        let worker = self.clone();
        self.inner.store.on_writer(move |called| {
            // Without a store there is nothing to come. If it is not heard, the one that asked has gone.
            let _ = tell.send(called.is_ok() && worker.start_another(1));
        });
        self.has_successor.store(told.recv().unwrap_or(false), Ordering::Relaxed);
    }

    /// Starts one more worker of this kind beside `leaving` that end now. Whether it did: not if there are
    /// too many threads already.
    fn start_another(&self, leaving: usize) -> bool {
        Pool::add_worker_beside(&self.inner, self.takes, leaving).unwrap_or_else(|error| {
            tracing::warn!(%error, "a worker cannot be replaced");
            false
        })
    }
}

/// Lowers the priority of the calling thread. Where the system refuses, runs only compete as equals.
#[cfg(target_os = "linux")]
fn stand_back(is_long: bool) {
    let nice = if is_long { NICE_LONG } else { NICE_QUICK };
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), nice);
}

#[cfg(not(target_os = "linux"))]
fn stand_back(_is_long: bool) {}
