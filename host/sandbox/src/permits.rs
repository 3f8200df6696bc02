use std::sync::{Condvar, Mutex, PoisonError};

use bugle_task::Limits;

use crate::engine::{INSTANCES_PER_SLOT, MEMORIES_PER_SLOT, TABLES_PER_SLOT};

/// The queue before the pool: a full pool answers with an error, so nobody asks it before there is
/// room.
#[derive(Debug)]
pub(crate) struct Permits {
    slots: u64,
    free: Mutex<u64>,
    freed: Condvar,
}

/// Room in the pool for one run; given back when dropped.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    permits: &'a Permits,
    weight: u64,
}

impl Permits {
    pub(crate) fn new(slots: u32) -> Self {
        let slots = u64::from(slots);
        Self { slots, free: Mutex::new(slots), freed: Condvar::new() }
    }

    /// Waits until the pool has room for a run of these limits.
    pub(crate) fn acquire(&self, limits: &Limits) -> Permit<'_> {
        let weight = weight(limits).min(self.slots);
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self
            .freed
            .wait_while(free, |free| *free < weight)
            .unwrap_or_else(PoisonError::into_inner);
        *free -= weight;
        Permit { permits: self, weight }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut free = self.permits.free.lock().unwrap_or_else(PoisonError::into_inner);
        *free += self.weight;
        self.permits.freed.notify_all();
    }
}

/// How many slots a run takes: one at the default limits, more where it may have more of anything
/// that the pool counts.
fn weight(limits: &Limits) -> u64 {
    let slots = |max: u64, per_slot: u32| max.div_ceil(u64::from(per_slot));
    slots(limits.instances, INSTANCES_PER_SLOT)
        .max(slots(limits.memories, MEMORIES_PER_SLOT))
        .max(slots(limits.tables, TABLES_PER_SLOT))
        .max(1)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn a_full_pool_queues() {
        let permits = Arc::new(Permits::new(2));
        let at_once = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let (permits, at_once) = (Arc::clone(&permits), Arc::clone(&at_once));
                thread::spawn(move || {
                    let _permit = permits.acquire(&Limits::default());
                    let before = at_once.fetch_add(1, Ordering::SeqCst);
                    thread::yield_now();
                    at_once.fetch_sub(1, Ordering::SeqCst);
                    before
                })
            })
            .collect();
        for thread in threads {
            assert!(thread.join().expect("the thread ends") < 2);
        }
    }

    #[test]
    fn runs_with_more_take_more() {
        assert_eq!(weight(&Limits::default()), 1);
        assert_eq!(weight(&Limits { instances: 100, ..Limits::default() }), 3);
        assert_eq!(weight(&Limits { memories: 64, ..Limits::default() }), 8);
    }
}
