use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bugle_sandbox::RunControl;
use bugle_store::{AppKey, AppRecord, Claim, Digest};
use bugle_task::{
    Allowances, CancellationReason, Mark, Name, Quotas, RunId, Settings, Timestamp, cpu_window,
};

use crate::Error;
use crate::foreground::Seat;
use crate::manifest::Manifest;

/// The stretch of time that an app's allowance of toasts is counted over: an hour.
const TOAST_WINDOW_MS: u64 = 60 * 60 * 1_000;

/// One app as it is installed: its record and its manifest.
#[derive(Debug)]
pub(crate) struct InstalledApp {
    pub(crate) record: AppRecord,
    pub(crate) manifest: Manifest,
}

impl InstalledApp {
    pub(crate) fn new(record: AppRecord) -> Result<Self, Error> {
        let unreadable = |error: serde_json::Error| Error::Usage {
            what: format!(
                "the manifest of `{}` was kept by another version ({error}); install the app again",
                record.id
            ),
        };
        let manifest = serde_json::from_str(&record.manifest).map_err(unreadable)?;
        Ok(Self { record, manifest })
    }

    pub(crate) fn component(&self, task: &Name) -> Option<Digest> {
        self.record.components.iter().find(|(name, _)| name == task).map(|(_, digest)| *digest)
    }
}

/// What the next run of an app starts from: the app as the store has it, and what the runs of the
/// present turn have added.
#[derive(Debug)]
pub(crate) struct Overlay {
    pub(crate) settings: Arc<Settings>,
    /// Which change of the app's settings this is.
    pub(crate) change: u64,
    pub(crate) badge: Option<Mark>,
    /// When the app raised its toasts of the last hour.
    pub(crate) toast_times: VecDeque<Timestamp>,
    /// What the app has used of its processor time.
    pub(crate) spent: Spent,
}

/// Processor time in one window of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    pub(crate) window: u64,
    pub(crate) us: u64,
}

impl Spent {
    /// What is left of the window that a moment is in, and whether that is all of it.
    pub(crate) fn left(self, quotas: &Quotas, now: Timestamp) -> (Duration, bool) {
        let spent = if self.window == cpu_window(now) { self.us } else { 0 };
        let all = quotas.cpu_ms.saturating_mul(1_000);
        (Duration::from_micros(all.saturating_sub(spent)), spent == 0)
    }

    /// Counts a run.
    pub(crate) fn add(&mut self, us: u64, now: Timestamp) {
        let window = cpu_window(now);
        let before = if self.window == window { self.us } else { 0 };
        *self = Self { window, us: before.saturating_add(us) };
    }
}

impl Overlay {
    /// What is left of the app's allowances, of so many toasts in an hour.
    pub(crate) fn allowances(&mut self, toasts_max: u64, now: Timestamp) -> Allowances {
        let since = now.saturating_sub(TOAST_WINDOW_MS);
        while self.toast_times.front().is_some_and(|raised| *raised <= since) {
            self.toast_times.pop_front();
        }
        let left = toasts_max.saturating_sub(self.toast_times.len() as u64);
        Allowances { toasts: u32::try_from(left).unwrap_or(u32::MAX) }
    }

    pub(crate) fn window_start(now: Timestamp) -> Timestamp {
        now.saturating_sub(TOAST_WINDOW_MS)
    }
}

/// Something from outside that has to happen between two turns, so that a run's snapshot is what the
/// store has: a setting, an update, a removal. Given the overlay, which it may change or drop.
pub(crate) type Errand = Box<dyn FnOnce(&mut Option<Overlay>) + Send>;

/// The part of one processor that an app may have its guests use and still be light, as its inverse: a 20th,
/// which is 300 pushes a second of a quick task.
const LIGHT_PART: u64 = 20;

/// What an app may have done at once and still be light, in microseconds of the runs' own time: ten pushes
/// of a quick task.
const LIGHT_US: u64 = 1_000;

/// How much an app has its guests do of late.
#[derive(Debug)]
pub(crate) struct Load {
    since: Instant,
    /// Until when it would have to be silent for all it did to be no more than a light app's, in
    /// microseconds.
    paid_until_us: AtomicU64,
}

impl Load {
    fn new() -> Self {
        Self { since: Instant::now(), paid_until_us: AtomicU64::new(0) }
    }

    fn now_us(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Counts what a turn did.
    pub(crate) fn add(&self, us: u64) {
        let paid_until = self.paid_until_us.load(Ordering::Relaxed).max(self.now_us());
        let us = us.saturating_mul(LIGHT_PART);
        self.paid_until_us.store(paid_until.saturating_add(us), Ordering::Relaxed);
    }

    /// Whether others go first.
    pub(crate) fn is_heavy(&self) -> bool {
        self.paid_until_us.load(Ordering::Relaxed) > self.now_us() + LIGHT_US * LIGHT_PART
    }
}

/// The one line in which everything of an app happens, one thing at a time.
pub(crate) struct Lane {
    pub(crate) key: AppKey,
    /// Triggers that were accepted and have not ended.
    triggers: AtomicU64,
    bytes: AtomicU64,
    /// Triggers have come or gone that were not counted here: the store is asked before the next one.
    is_miscounted: AtomicBool,
    pub(crate) load: Load,
    state: Mutex<LaneState>,
}

pub(crate) struct LaneState {
    pub(crate) app: Arc<InstalledApp>,
    pub(crate) is_removed: bool,
    /// Claimed, in the order in which they run.
    pub(crate) queue: VecDeque<Claim>,
    pub(crate) errands: VecDeque<Errand>,
    /// In the ready queue, or in a worker's hands, or being committed.
    pub(crate) is_busy: bool,
    pub(crate) overlay: Option<Overlay>,
    /// Reaches the run that is running.
    pub(crate) running: Option<(RunId, RunControl)>,
    pub(crate) seat: Option<Seat>,
    /// How often somebody took the seat.
    pub(crate) seats: u64,
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane").field("app", &self.lock().app.record.id).finish_non_exhaustive()
    }
}

impl Lane {
    pub(crate) fn new(app: InstalledApp, triggers: u64, bytes: u64) -> Self {
        Self {
            key: app.record.key,
            triggers: AtomicU64::new(triggers),
            bytes: AtomicU64::new(bytes),
            is_miscounted: AtomicBool::new(false),
            load: Load::new(),
            state: Mutex::new(LaneState {
                app: Arc::new(app),
                is_removed: false,
                queue: VecDeque::new(),
                errands: VecDeque::new(),
                is_busy: false,
                overlay: None,
                running: None,
                seat: None,
                seats: 0,
            }),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, LaneState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn app(&self) -> Arc<InstalledApp> {
        Arc::clone(&self.lock().app)
    }

    /// Asks the run that is going on to end. Whether there is one.
    pub(crate) fn cancel(&self, reason: CancellationReason) -> bool {
        let state = self.lock();
        state.running.as_ref().inspect(|(_, control)| control.cancel(reason)).is_some()
    }

    pub(crate) fn running(&self) -> Option<RunId> {
        self.lock().running.as_ref().map(|(run, _)| *run)
    }

    /// Puts what was claimed into the line, in accept order: what was given back, and is claimed anew, goes
    /// before what was accepted after it.
    pub(crate) fn take_claims(&self, claims: Vec<Claim>) {
        let mut state = self.lock();
        state.queue.extend(claims);
        state.queue.make_contiguous().sort_by_key(|claim| claim.run);
    }

    /// Takes a claim out of the line whose run has not begun: nobody else can begin it then.
    pub(crate) fn take_unbegun(&self, is_meant: impl Fn(&Claim) -> bool) -> Option<Claim> {
        let mut state = self.lock();
        let at = state.queue.iter().position(is_meant)?;
        // A suspect runs alone, and is waited for.
        if state.queue[at].suspect { None } else { state.queue.remove(at) }
    }

    /// Makes room for a trigger, or says how many are waiting.
    pub(crate) fn reserve(&self, bytes: usize, quotas: &Quotas) -> Result<(), u64> {
        let waiting = self.triggers.fetch_add(1, Ordering::Relaxed);
        let held = self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        if waiting < quotas.waiting && held.saturating_add(bytes as u64) <= quotas.waiting_bytes {
            return Ok(());
        }
        self.give_back(1, bytes as u64);
        Err(waiting)
    }

    /// Triggers have expired or come back from the dead; how large they were only the store knows.
    pub(crate) fn miscounts(&self) {
        self.is_miscounted.store(true, Ordering::Relaxed);
    }

    /// Whether the store has to be asked how much is waiting.
    pub(crate) fn was_miscounted(&self) -> bool {
        self.is_miscounted.swap(false, Ordering::Relaxed)
    }

    /// Counts anew. What is being accepted at this moment may be missed; the next count has it.
    pub(crate) fn recount(&self, triggers: u64, bytes: u64) {
        self.triggers.store(triggers, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    /// Triggers have ended, or were not accepted after all.
    pub(crate) fn give_back(&self, triggers: u64, bytes: u64) {
        let subtract = |sum: &AtomicU64, part: u64| {
            let _ = sum.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |sum| {
                Some(sum.saturating_sub(part))
            });
        };
        subtract(&self.triggers, triggers);
        subtract(&self.bytes, bytes);
    }

    /// Whether nothing of the app is in memory that the store does not have.
    pub(crate) fn is_idle(&self) -> bool {
        let state = self.lock();
        !state.is_busy
            && state.queue.is_empty()
            && state.errands.is_empty()
            && state.seat.is_none()
            && self.triggers.load(Ordering::Relaxed) == 0
    }
}
