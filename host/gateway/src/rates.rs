//! How many requests a second are taken, of one sender or for one channel.

use std::fmt;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::{CHANNEL_RATE, RATE_BURST, RATE_KEYS_MAX, SENDER_RATE};

/// How often, in checks, what is at rest is forgotten.
const CHECKS_A_SWEEP: usize = 4_096;

/// What senders may send; more is refused until there is room again, and costs nobody else anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Pushes a second to one channel; none for as many as the host can take.
    pub channel: Option<NonZeroU32>,
    /// Requests a second from one network address; none for as many as the host can take.
    pub sender: Option<NonZeroU32>,
}

impl Default for Rates {
    fn default() -> Self {
        Self { channel: NonZeroU32::new(CHANNEL_RATE), sender: NonZeroU32::new(SENDER_RATE) }
    }
}

impl Rates {
    /// No rates: what an app may have waiting is bounded all the same.
    #[must_use]
    pub fn none() -> Self {
        Self { channel: None, sender: None }
    }
}

/// The rate of each of many, by the generic cell rate algorithm.
pub(crate) struct Limiter<K: Clone + Eq + Hash> {
    quota: Quota,
    limiter: RwLock<Arc<Keyed<K>>>,
    checks: AtomicUsize,
}

type Keyed<K> = RateLimiter<K, HashMapStateStore<K>, DefaultClock>;

impl<K: Clone + Eq + Hash> fmt::Debug for Limiter<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter").field("quota", &self.quota).finish_non_exhaustive()
    }
}

impl<K: Clone + Eq + Hash> Limiter<K> {
    /// So many a second, and ten seconds of them at once.
    pub(crate) fn a_second(rate: NonZeroU32) -> Self {
        Self::new(rate, rate.get().saturating_mul(RATE_BURST))
    }

    /// So many a second, and others at once.
    pub(crate) fn new(rate: NonZeroU32, burst: u32) -> Self {
        let quota = Quota::per_second(rate).allow_burst(NonZeroU32::new(burst).unwrap_or(rate));
        let limiter = RwLock::new(Arc::new(RateLimiter::hashmap(quota)));
        Self { quota, limiter, checks: AtomicUsize::new(0) }
    }

    /// Takes one of what a key may have, or says when there will be one.
    pub(crate) fn take(&self, key: &K) -> Result<(), Duration> {
        let limiter = Arc::clone(&self.limiter.read().unwrap_or_else(PoisonError::into_inner));
        if self.checks.fetch_add(1, Ordering::Relaxed) % CHECKS_A_SWEEP == CHECKS_A_SWEEP - 1 {
            self.sweep(&limiter);
        }
        limiter
            .check_key(key)
            .map_err(|not_yet| not_yet.wait_time_from(DefaultClock::default().now()))
    }

    /// Forgets who is at rest; all, if there are too many that are not, so that nobody can fill the memory
    /// by asking from many addresses.
    fn sweep(&self, limiter: &Keyed<K>) {
        limiter.retain_recent();
        if limiter.len() > RATE_KEYS_MAX {
            tracing::warn!("rates were forgotten: requests come from too many addresses");
            let fresh = Arc::new(RateLimiter::hashmap(self.quota));
            *self.limiter.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.limiter.read().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: NonZeroU32 = NonZeroU32::new(1).expect("it is not 0");

    #[test]
    fn each_has_a_rate_of_its_own() {
        let limiter = Limiter::a_second(ONE);
        for _ in 0..RATE_BURST {
            assert_eq!(limiter.take(&1), Ok(()));
        }
        let wait = limiter.take(&1).expect_err("it has had ten");
        assert!(wait <= Duration::from_secs(1) && !wait.is_zero(), "{wait:?}");
        assert_eq!(limiter.take(&2), Ok(()));
    }

    #[test]
    fn many_are_forgotten() {
        let limiter = Limiter::a_second(ONE);
        for key in 0..3 * RATE_KEYS_MAX {
            assert_eq!(limiter.take(&key), Ok(()));
            assert!(limiter.len() <= RATE_KEYS_MAX + CHECKS_A_SWEEP);
        }
    }
}
