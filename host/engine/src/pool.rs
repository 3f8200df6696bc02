use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::inner::Inner;
use crate::lane::Lane;
use crate::place::Place;
use crate::turn;

/// The most threads that run guests at once: as many as the sandbox's pool has room for runs.
const THREADS_MAX: usize = 64;

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

/// How many light lanes go before heavy ones at most, one after another: heavy ones get a ninth of the
/// turns at least.
const LIGHT_IN_A_ROW_MAX: u32 = 8;

/// How long a light lane is remembered: an app that is woken twice a second has the processor that is kept
/// free.
const LIGHT_FOR: Duration = Duration::from_millis(500);

/// Which lanes a worker takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Any,
    /// So that an app that does little is not kept waiting by turns that do much.
    Light,
}

/// The lanes that have something to do, light ones first, and the threads that do it. Which are
/// light, [`Load`](crate::lane::Load) tells.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    state: Mutex<State>,
    /// There is a lane to take for a worker that takes any, or it is over.
    is_ready: Condvar,
    /// There is a light lane to take and nobody else to take it, or it is over.
    is_light_ready: Condvar,
    /// Nothing is going on.
    is_quiet: Condvar,
    /// Where workers begin; none if there is only one processor.
    place: Option<Place>,
}

#[derive(Debug, Default)]
struct State {
    light: VecDeque<Arc<Lane>>,
    heavy: VecDeque<Arc<Lane>>,
    /// Light lanes that were taken since the last heavy one.
    light_in_a_row: u32,
    /// When the last turn of one of them ended.
    light_at: Option<Instant>,
    /// Workers that wait for any lane. Waking is a system call, so nobody is woken who is awake.
    idle: usize,
    /// Workers that wait for a light one.
    idle_for_light: usize,
    threads: Vec<JoinHandle<()>>,
    /// Everything that has begun and not ended: accepts, claims, turns, commits.
    open: usize,
    /// How often something has begun.
    begun: u64,
    is_stopping: bool,
}

impl State {
    fn has_lane(&self, takes: Takes) -> bool {
        !self.light.is_empty() || takes == Takes::Any && !self.heavy.is_empty()
    }

    /// How many workers of a kind wait.
    fn idle_of(&mut self, takes: Takes) -> &mut usize {
        match takes {
            Takes::Any => &mut self.idle,
            Takes::Light => &mut self.idle_for_light,
        }
    }

    /// The lane whose turn it is.
    fn take(&mut self, takes: Takes) -> Option<Arc<Lane>> {
        let is_heavys_turn = self.light.is_empty() || self.light_in_a_row >= LIGHT_IN_A_ROW_MAX;
        if takes == Takes::Any
            && is_heavys_turn
            && let Some(lane) = self.heavy.pop_front()
        {
            self.light_in_a_row = 0;
            return Some(lane);
        }
        let lane = self.light.pop_front()?;
        self.light_in_a_row = self.light_in_a_row.saturating_add(1);
        Some(lane)
    }

    fn was_light_lately(&self) -> bool {
        self.light_at.is_some_and(|at| at.elapsed() < LIGHT_FOR)
    }

    fn begin(&mut self) {
        self.open += 1;
        self.begun += 1;
    }
}

/// Something that has begun. [`Pool::wait_until_quiet`] waits for its end.
#[derive(Debug)]
pub(crate) struct Open(Arc<Inner>);

impl Drop for Open {
    fn drop(&mut self) {
        let pool = &self.0.pool;
        let mut state = pool.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.open = state.open.saturating_sub(1);
        if state.open == 0 {
            pool.is_quiet.notify_all();
        }
    }
}

impl Pool {
    pub(crate) fn open(inner: &Arc<Inner>) -> Open {
        inner.pool.state.lock().unwrap_or_else(PoisonError::into_inner).begin();
        Open(Arc::clone(inner))
    }

    /// A pool whose workers may run where the calling thread may.
    pub(crate) fn new() -> Self {
        Self { place: Place::of_this_thread(), ..Self::default() }
    }

    /// Whether an app that does little has had a turn a moment ago.
    pub(crate) fn was_light_lately(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).was_light_lately()
    }

    /// A light turn has ended, and was one.
    fn was_light_now(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.light_at = Some(Instant::now());
    }

    /// How often something has begun so far.
    pub(crate) fn begun(&self) -> u64 {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).begun
    }

    pub(crate) fn wait_until_quiet(&self) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_loud = |state: &mut State| state.open > 0 || state.has_lane(Takes::Any);
        drop(self.is_quiet.wait_while(state, is_loud).unwrap_or_else(PoisonError::into_inner));
    }

    /// Puts a lane at the end of the ready queue, unless it is there, or it has nothing to do.
    pub(crate) fn schedule(&self, lane: &Arc<Lane>) {
        {
            let mut lane = lane.lock();
            if lane.is_busy || (lane.queue.is_empty() && lane.errands.is_empty()) {
                return;
            }
            lane.is_busy = true;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_heavy = lane.load.is_heavy();
        let queue = if is_heavy { &mut state.heavy } else { &mut state.light };
        queue.push_back(Arc::clone(lane));
        // One that was told already may not have taken its lane yet.
        if !is_heavy && state.idle_for_light >= state.light.len() {
            self.is_light_ready.notify_one();
        } else if state.idle > 0 {
            self.is_ready.notify_one();
        }
    }

    /// Starts so many workers, and one beside them that takes light lanes only.
    pub(crate) fn add_workers(inner: &Arc<Inner>, workers: usize) -> std::io::Result<()> {
        Self::add_worker_beside(inner, Takes::Light, 0)?;
        (0..workers).try_for_each(|_| Self::add_worker_beside(inner, Takes::Any, 0).map(drop))
    }

    /// Starts a worker, if there may be one more thread beside `leaving` that end now. Whether it did.
    fn add_worker_beside(
        inner: &Arc<Inner>,
        takes: Takes,
        leaving: usize,
    ) -> std::io::Result<bool> {
        let mut state = inner.pool.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.threads.retain(|thread| !thread.is_finished());
        if state.threads.len() >= THREADS_MAX + leaving || state.is_stopping {
            return Ok(false);
        }
        let worker = Arc::clone(inner);
        let thread = thread::Builder::new().name("bugle-worker".to_owned()).stack_size(STACK_BYTES);
        state.threads.push(thread.spawn(move || work(&worker, takes))?);
        Ok(true)
    }

    /// The next lane that has something to do, for a turn that begins now; none when it is over.
    fn next(inner: &Arc<Inner>, takes: Takes) -> Option<(Arc<Lane>, Open)> {
        let mut state = inner.pool.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_idle = |state: &mut State| !state.has_lane(takes) && !state.is_stopping;
        let condvar = match takes {
            Takes::Any => &inner.pool.is_ready,
            Takes::Light => &inner.pool.is_light_ready,
        };
        *state.idle_of(takes) += 1;
        let waited = condvar.wait_while(state, is_idle);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        *state.idle_of(takes) -= 1;
        let lane = state.take(takes)?;
        state.begin();
        Some((lane, Open(Arc::clone(inner))))
    }

    /// No more turns: workers end when they have nothing left.
    pub(crate) fn stop(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).is_stopping = true;
        self.is_ready.notify_all();
        self.is_light_ready.notify_all();
    }

    /// Waits for the workers' end.
    pub(crate) fn join(&self) {
        let threads = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut state.threads)
        };
        for thread in threads {
            // A worker that panicked has said so; there is nothing more to hear from it.
            let _ = thread.join();
        }
        // What became ready after the last worker had looked waits for the next host.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.light.clear();
        state.heavy.clear();
        drop(state);
        self.is_quiet.notify_all();
    }
}

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
    /// What this worker does now takes long: another takes its place, and it stands back. It ends
    /// with its turn, since a thread cannot stand forward again.
    pub(crate) fn goes_long(&self) {
        if self.is_long.swap(true, Ordering::Relaxed) {
            return;
        }
        // First, since a thread begins where the one stands that starts it.
        self.find_successor(0);
        stand_back(true);
        self.set_aside(self.inner.pool.was_light_lately());
    }

    /// As [`goes_long`](Self::goes_long), to compile: that may start threads and processes, which begin
    /// where this one is, and others will use.
    pub(crate) fn goes_compiling(&self) {
        self.goes_long();
        self.set_aside(false);
    }

    /// Keeps this worker's thread off one of the processors, or lets it have all.
    fn set_aside(&self, is_aside: bool) {
        if let Some(place) = &self.place {
            place.lock().unwrap_or_else(PoisonError::into_inner).set_aside(is_aside);
        }
    }

    /// Starts the worker that takes the place of this one, unless there are too many threads already.
    fn find_successor(&self, leaving: usize) {
        match Pool::add_worker_beside(&self.inner, self.takes, leaving) {
            Ok(is_added) => self.has_successor.store(is_added, Ordering::Relaxed),
            Err(error) => tracing::warn!(%error, "a worker cannot be replaced"),
        }
    }

    pub(crate) fn is_long(&self) -> bool {
        self.is_long.load(Ordering::Relaxed)
    }
}

fn work(inner: &Arc<Inner>, takes: Takes) {
    // Who takes light lanes is as quick as the writer and the doors, and stands back once it is not.
    if takes == Takes::Any {
        stand_back(false);
    }
    let worker = Worker {
        inner: Arc::clone(inner),
        takes,
        place: inner.pool.place.clone().map(|place| Arc::new(Mutex::new(place))),
        is_long: Arc::default(),
        has_successor: Arc::default(),
    };
    while let Some((lane, open)) = Pool::next(inner, takes) {
        let is_heavy = lane.load.is_heavy();
        worker.set_aside(is_heavy && inner.pool.was_light_lately());
        turn::take(inner, &lane, &worker, open);
        if !is_heavy && !worker.is_long() {
            inner.pool.was_light_now();
        }
        if worker.is_long() {
            if !worker.has_successor.load(Ordering::Relaxed) {
                // There were too many threads. Now one ends; its successor begins where it stands.
                worker.find_successor(1);
            }
            if worker.has_successor.load(Ordering::Relaxed) {
                return;
            }
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
