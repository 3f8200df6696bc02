use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use bugle_task::{CancellationReason, Limits};
use wasmtime::UpdateDeadline;

/// The reasons for which the outside can ask a run to end, by the number that stands for each.
const REASONS: [CancellationReason; 7] = [
    CancellationReason::Uninstall,
    CancellationReason::Update,
    CancellationReason::Terminating,
    CancellationReason::TimeLimit,
    CancellationReason::Quota,
    CancellationReason::ConditionLost,
    CancellationReason::Requested,
];

/// How the outside reaches a run while it runs: to ask it to end, and to hear of it.
///
/// Clones share the request to end. One control serves one run at a time; its request stays, so that
/// a run which has not begun yet is asked at once.
#[derive(Clone, Default)]
pub struct RunControl {
    /// 0, or the number of the reason plus one.
    cancel: Arc<AtomicU8>,
    long: Option<(Duration, Arc<dyn Fn() + Send + Sync>)>,
    progress: Option<Arc<dyn Fn(u32) + Send + Sync>>,
    /// When the run is asked to end by itself, and why.
    ends: Option<(Duration, CancellationReason)>,
}

impl RunControl {
    /// A control that asks nothing and hears nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Calls `hear` once, on the run's thread, when the run has gone on for `after` of real time.
    #[must_use]
    pub fn on_long(mut self, after: Duration, hear: impl Fn() + Send + Sync + 'static) -> Self {
        self.long = Some((after, Arc::new(hear)));
        self
    }

    /// Calls `hear` with the percentage whenever the task reports its progress.
    #[must_use]
    pub fn on_progress(mut self, hear: impl Fn(u32) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(hear));
        self
    }

    /// Asks the run to end when it has gone on for `after` of real time.
    #[must_use]
    pub fn cancelled_after(mut self, after: Duration, reason: CancellationReason) -> Self {
        self.ends = Some((after, reason));
        self
    }

    /// Asks the run to end. The first reason stays. The run has its grace time from the next tick of
    /// the engine on, then it is stopped.
    pub fn cancel(&self, reason: CancellationReason) {
        let number = (1..).zip(REASONS).find(|(_, known)| *known == reason);
        let number = number.map_or(0, |(number, _)| number);
        let _ = self.cancel.compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Why the run was asked to end, if it was.
    #[must_use]
    pub fn cancellation(&self) -> Option<CancellationReason> {
        let number = usize::from(self.cancel.load(Ordering::Relaxed));
        REASONS.get(number.checked_sub(1)?).copied()
    }

    pub(crate) fn hear_progress(&self, percent: u32) {
        if let Some(hear) = &self.progress {
            hear(percent);
        }
    }
}

impl fmt::Debug for RunControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunControl").field("cancellation", &self.cancellation()).finish()
    }
}

/// Watches a run by real time, at every tick of the engine.
pub(crate) struct Watchdog {
    control: RunControl,
    started: Instant,
    cut_after: Duration,
    grace: Duration,
    cancel_heard: Option<Instant>,
    is_long_told: bool,
}

impl Watchdog {
    pub(crate) fn new(control: RunControl, limits: &Limits) -> Self {
        Self {
            control,
            started: Instant::now(),
            cut_after: Duration::from_millis(limits.watchdog_ms),
            grace: Duration::from_millis(limits.grace_ms),
            cancel_heard: None,
            is_long_told: false,
        }
    }

    /// For how long the run went on after it was found to be asked to end.
    pub(crate) fn grace_used(&self) -> Duration {
        self.cancel_heard.map_or(Duration::ZERO, |heard| heard.elapsed())
    }

    /// Whether the run may go on.
    pub(crate) fn tick(&mut self) -> UpdateDeadline {
        let now = Instant::now();
        let elapsed = now.duration_since(self.started);
        if let Some((after, hear)) = &self.control.long
            && !self.is_long_told
            && elapsed >= *after
        {
            self.is_long_told = true;
            hear();
        }
        if let Some((after, reason)) = self.control.ends
            && elapsed >= after
        {
            self.control.cancel(reason);
        }
        if self.control.cancellation().is_some() {
            let heard = *self.cancel_heard.get_or_insert(now);
            if now.duration_since(heard) >= self.grace {
                return UpdateDeadline::Interrupt;
            }
        }
        if elapsed >= self.cut_after {
            UpdateDeadline::Interrupt
        } else {
            UpdateDeadline::Continue(1)
        }
    }
}
