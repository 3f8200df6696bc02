use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::inner::Inner;
use crate::lane::Lane;
use crate::place::{Place, Stand};
use crate::worker::Worker;

/// The most threads that run guests at once: as many as the sandbox's pool has room for runs.
const THREADS_MAX: usize = 64;

/// How many light lanes go before heavy ones at most, one after another: heavy ones get a ninth of the
/// turns at least.
const LIGHT_IN_A_ROW_MAX: u32 = 8;

/// How long a turn is remembered: an app that is woken twice a second has the processor that is kept free.
const LATELY: Duration = Duration::from_millis(600);

/// Which lanes a worker takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
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
    /// There is a light lane to take for the worker that takes no others, or it is over.
    is_light_ready: Condvar,
    /// Nothing is going on.
    is_quiet: Condvar,
    /// Where threads may run; none if there is only one processor.
    place: Option<Place>,
    /// Whether the store's writer has the processor that is kept free.
    has_writer_kept: Arc<AtomicBool>,
}

#[derive(Debug, Default)]
struct State {
    light: VecDeque<Arc<Lane>>,
    heavy: VecDeque<Arc<Lane>>,
    /// Light lanes that were taken since the last heavy one.
    light_in_a_row: u32,
    /// When a light lane's turn ended last, and was light.
    light_at: Option<Instant>,
    /// When a heavy lane was taken last.
    heavy_at: Option<Instant>,
    /// Workers that wait for any lane. Waking is a system call, so nobody is woken who is awake.
    idle: usize,
    /// Workers that wait for a light one.
    idle_for_light: usize,
    threads: Vec<JoinHandle<()>>,
    /// Threads that are being started, and are not among these yet.
    starting: usize,
    /// Everything that has begun and not ended: accepts, claims, turns, commits.
    open: usize,
    /// How often something has begun.
    begun: u64,
    is_stopping: bool,
}

impl State {
    fn has_lane(&self, takes: Takes) -> bool {
        self.has_light(takes) || takes == Takes::Any && !self.heavy.is_empty()
    }

    /// Whether there is a light lane for a worker. The first is for the one that waits for such lanes: it
    /// would be long in the hands of others, which stand back.
    fn has_light(&self, takes: Takes) -> bool {
        match takes {
            Takes::Any => self.light.len() > self.idle_for_light,
            Takes::Light => !self.light.is_empty(),
        }
    }

    /// How many workers of a kind wait.
    fn idle_of(&mut self, takes: Takes) -> &mut usize {
        match takes {
            Takes::Any => &mut self.idle,
            Takes::Light => &mut self.idle_for_light,
        }
    }

    /// The lane whose turn it is, and whether it is a heavy one.
    fn take(&mut self, takes: Takes) -> Option<(Arc<Lane>, bool)> {
        let has_light = self.has_light(takes);
        let is_heavys_turn = !has_light || self.light_in_a_row >= LIGHT_IN_A_ROW_MAX;
        if takes == Takes::Any
            && is_heavys_turn
            && let Some(lane) = self.heavy.pop_front()
        {
            self.light_in_a_row = 0;
            self.heavy_at = Some(Instant::now());
            return Some((lane, true));
        }
        let lane = if has_light { self.light.pop_front() } else { None }?;
        self.light_in_a_row = self.light_in_a_row.saturating_add(1);
        Some((lane, false))
    }

    fn was_light_lately(&self) -> bool {
        was_lately(self.light_at)
    }

    fn begin(&mut self) {
        self.open += 1;
        self.begun += 1;
    }
}

fn was_lately(at: Option<Instant>) -> bool {
    at.is_some_and(|at| at.elapsed() < LATELY)
}

/// A lane that is a worker's for a turn.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) lane: Arc<Lane>,
    pub(crate) open: Open,
    pub(crate) is_heavy: bool,
    /// There are both apps that do little and apps that do much.
    pub(crate) is_mixed: bool,
}

impl Taken {
    /// Whether the turn is to leave room for others.
    pub(crate) fn gives_way(&self) -> bool {
        self.is_heavy && self.is_mixed
    }
}

/// Something that has begun. [`Pool::wait_until_quiet`] waits for its end.
#[derive(Debug)]
pub(crate) struct Open(Arc<Inner>);

impl Drop for Open {
    fn drop(&mut self) {
        let pool = &self.0.pool;
        let mut state = pool.lock();
        state.open = state.open.saturating_sub(1);
        let is_quiet = state.open == 0;
        drop(state);
        if is_quiet {
            pool.is_quiet.notify_all();
        }
    }
}

impl Pool {
    pub(crate) fn open(inner: &Arc<Inner>) -> Open {
        inner.pool.lock().begin();
        Open(Arc::clone(inner))
    }

    /// Never held while something is waited for, or a system call made: who holds it may stand back, and be
    /// kept from the processor for milliseconds.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A pool whose workers may run where the calling thread may.
    pub(crate) fn new() -> Self {
        Self { place: Place::of_this_thread(), ..Self::default() }
    }

    /// Whether an app that does little has had a turn a moment ago.
    pub(crate) fn was_light_lately(&self) -> bool {
        self.lock().was_light_lately()
    }

    /// How often something has begun so far.
    pub(crate) fn begun(&self) -> u64 {
        self.lock().begun
    }

    pub(crate) fn wait_until_quiet(&self) {
        let state = self.lock();
        let is_loud = |state: &mut State| {
            let has_lane = state.has_lane(Takes::Light) || state.has_lane(Takes::Any);
            // A lane that is ready when all workers have ended waits for the next host.
            state.open > 0 || has_lane && !state.is_stopping
        };
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
        let mut state = self.lock();
        let is_heavy = lane.load.is_heavy();
        let queue = if is_heavy { &mut state.heavy } else { &mut state.light };
        queue.push_back(Arc::clone(lane));
        // Those that were told already may not have taken their lanes yet, or may not have been told: who
        // was to tell them may stand back.
        let has_light = !is_heavy && state.idle_for_light > 0;
        let has_any = state.idle > 0 && (is_heavy || state.has_light(Takes::Any));
        // Who is woken needs the lock.
        drop(state);
        if has_light {
            self.is_light_ready.notify_one();
        }
        if has_any {
            self.is_ready.notify_one();
        }
    }

    /// Starts so many workers, and one beside them that takes light lanes only.
    pub(crate) fn add_workers(inner: &Arc<Inner>, workers: usize) -> std::io::Result<()> {
        Self::add_worker_beside(inner, Takes::Light, 0)?;
        (0..workers).try_for_each(|_| Self::add_worker_beside(inner, Takes::Any, 0).map(drop))
    }

    /// Starts a worker, if there may be one more thread beside `leaving` that end now. Whether it did.
    pub(crate) fn add_worker_beside(
        inner: &Arc<Inner>,
        takes: Takes,
        leaving: usize,
    ) -> std::io::Result<bool> {
        let pool = &inner.pool;
        let finished: Vec<JoinHandle<()>>;
        {
            let mut state = pool.lock();
            finished = state.threads.extract_if(.., |thread| thread.is_finished()).collect();
            let threads = state.threads.len() + state.starting;
            if threads >= THREADS_MAX + leaving || state.is_stopping {
                return Ok(false);
            }
            state.starting += 1;
        }
        // Not while it holds the lock: both take long, and the new thread may be given the processor.
        drop(finished);
        let thread = Worker::start(inner, takes);
        let mut state = pool.lock();
        state.starting -= 1;
        let thread = thread.map(|thread| state.threads.push(thread));
        drop(state);
        pool.is_quiet.notify_all();
        thread.map(|()| true)
    }

    /// The next lane that has something to do, for a turn that begins now; none when it is over. For a
    /// worker whose last turn `was_light`, if it has had one.
    pub(crate) fn next(inner: &Arc<Inner>, takes: Takes, was_light: bool) -> Option<Taken> {
        let mut state = inner.pool.lock();
        if was_light {
            state.light_at = Some(Instant::now());
        }
        let is_idle = |state: &mut State| !state.has_lane(takes) && !state.is_stopping;
        let condvar = match takes {
            Takes::Any => &inner.pool.is_ready,
            Takes::Light => &inner.pool.is_light_ready,
        };
        *state.idle_of(takes) += 1;
        let waited = condvar.wait_while(state, is_idle);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        *state.idle_of(takes) -= 1;
        let (lane, is_heavy) = state.take(takes)?;
        state.begin();
        let is_mixed = state.was_light_lately() && was_lately(state.heavy_at);
        drop(state);
        Some(Taken { lane, open: Open(Arc::clone(inner)), is_heavy, is_mixed })
    }

    /// A worker's place, to be said where it is.
    pub(crate) fn place(&self) -> Option<Place> {
        self.place.clone()
    }

    /// Gives the store's writer the processor that heavy turns leave alone, or lets it have all again: it
    /// would stay where it was last, which may be beside a heavy turn, and wait for its slice of time. What
    /// the last turn found holds until the next one begins.
    pub(crate) fn keep_writer(inner: &Inner, is_kept: bool) {
        let pool = &inner.pool;
        let Some(mut place) = pool.place() else { return };
        if pool.has_writer_kept.swap(is_kept, Ordering::Relaxed) == is_kept {
            return;
        }
        let is_kept = Arc::clone(&pool.has_writer_kept);
        inner.store.on_writer(move |called| {
            // A store that is closed says so on the caller's thread.
            if called.is_ok() {
                // Two that change it may come in another order than they changed it.
                let is_kept = is_kept.load(Ordering::Relaxed);
                place.go(if is_kept { Stand::Kept } else { Stand::Anywhere });
            }
        });
    }

    /// No more turns: workers end when they have nothing left.
    pub(crate) fn stop(&self) {
        self.lock().is_stopping = true;
        self.is_ready.notify_all();
        self.is_light_ready.notify_all();
    }

    /// Waits for the workers' end.
    pub(crate) fn join(&self) {
        let threads = {
            let is_starting = |state: &mut State| state.starting > 0;
            let waited = self.is_quiet.wait_while(self.lock(), is_starting);
            std::mem::take(&mut waited.unwrap_or_else(PoisonError::into_inner).threads)
        };
        for thread in threads {
            // A worker that panicked has said so; there is nothing more to hear from it.
            let _ = thread.join();
        }
        // What became ready after the last worker had looked waits for the next host.
        let mut state = self.lock();
        state.light.clear();
        state.heavy.clear();
        drop(state);
        self.is_quiet.notify_all();
    }
}
