use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bugle_task::Timestamp;

/// Where the host reads the time: the system's clock, or one that a test moves.
#[derive(Clone, Default)]
pub struct Clock(Option<Arc<Manual>>);

struct Manual {
    now: Mutex<Timestamp>,
    moved: Mutex<Vec<Box<dyn Fn() + Send>>>,
}

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still until it is moved.
    #[must_use]
    pub fn manual(now: Timestamp) -> Self {
        Self(Some(Arc::new(Manual { now: Mutex::new(now), moved: Mutex::default() })))
    }

    /// Moves a manual clock forward, and wakes what was waiting for the new time. Does nothing to the
    /// system's clock.
    pub fn advance(&self, by: Duration) {
        let by_ms = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.change(|now| now.saturating_add(by_ms));
    }

    /// Sets a manual clock, forward or back, as somebody may set the system's while a host runs, and wakes
    /// what was waiting for the new time. Does nothing to the system's clock.
    pub fn set(&self, now: Timestamp) {
        self.change(|_| now);
    }

    fn change(&self, later: impl FnOnce(Timestamp) -> Timestamp) {
        let Some(manual) = &self.0 else { return };
        {
            let mut now = manual.now.lock().unwrap_or_else(PoisonError::into_inner);
            *now = later(*now);
        }
        let moved = manual.moved.lock().unwrap_or_else(PoisonError::into_inner);
        moved.iter().for_each(|wake| wake());
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Some(manual) => *manual.now.lock().unwrap_or_else(PoisonError::into_inner),
            None => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
            }
        }
    }

    /// How long to wait on a thread for a moment to come: with a manual clock, until it is moved.
    pub(crate) fn until(&self, moment: Timestamp) -> Duration {
        match &self.0 {
            Some(_) => Duration::MAX,
            None => Duration::from_millis(moment.saturating_sub(self.now())),
        }
    }

    pub(crate) fn on_move(&self, wake: impl Fn() + Send + 'static) {
        if let Some(manual) = &self.0 {
            manual.moved.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(wake));
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}
