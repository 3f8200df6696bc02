use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
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
                    // There were too many threads. Now one ends; its successor begins where it stands.
                    self.find_successor(1);
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
            Takes::Light if taken.is_mixed => Stand::Kept,
            _ => Stand::Anywhere,
        }
    }

    /// What this worker does now takes long: another takes its place, and it stands back. It ends
    /// with its turn, since a thread cannot stand forward again.
    pub(crate) fn goes_long(&self) {
        if self.is_long.swap(true, Ordering::Relaxed) {
            return;
        }
        // First, since a thread begins where the one stands that starts it.
        self.find_successor(0);
        stand_back(true);
        let has_others = self.inner.pool.was_light_lately();
        self.go(if has_others { Stand::Aside } else { Stand::Anywhere });
    }

    /// As [`goes_long`](Self::goes_long), to compile: that may start threads and processes, which begin
    /// where this one is, and others will use.
    pub(crate) fn goes_compiling(&self) {
        self.goes_long();
        self.go(Stand::Anywhere);
    }

    pub(crate) fn is_long(&self) -> bool {
        self.is_long.load(Ordering::Relaxed)
    }

    fn go(&self, stand: Stand) {
        if let Some(place) = &self.place {
            place.lock().unwrap_or_else(PoisonError::into_inner).go(stand);
        }
    }

    /// Starts the worker that takes the place of this one, unless there are too many threads already.
    fn find_successor(&self, leaving: usize) {
        match Pool::add_worker_beside(&self.inner, self.takes, leaving) {
            Ok(is_added) => self.has_successor.store(is_added, Ordering::Relaxed),
            Err(error) => tracing::warn!(%error, "a worker cannot be replaced"),
        }
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
