//! What a connection takes of its door. Who keeps asking for what is not there waits aside, where it takes
//! nothing from others.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::visitors::{Peer, Visit, Visitors, Waiting};
use crate::{HEADER_READ_TIMEOUT, HTTP_2_CONNECTIONS};

/// A connection's place at its door.
#[derive(Debug)]
pub(crate) struct Place {
    permits: Arc<Semaphore>,
    visitors: Option<Arc<Visitors>>,
    neighbour: Option<IpAddr>,
    held: Mutex<Held>,
    over: Notify,
}

/// What it holds at the moment.
#[derive(Debug)]
struct Held {
    /// As how many connections it counts.
    counts: u32,
    permit: Option<OwnedSemaphorePermit>,
    visit: Option<Visit>,
    /// Its requests that wait aside, and what that takes.
    aside: usize,
    waiting: Option<Waiting>,
}

impl Place {
    /// A place for one more; none if its peer has as many as it may.
    pub(crate) fn take(
        permits: Arc<Semaphore>,
        permit: OwnedSemaphorePermit,
        visitors: Option<Arc<Visitors>>,
        neighbour: Option<IpAddr>,
    ) -> Option<Self> {
        let visit = match visitors.as_ref().zip(neighbour) {
            Some((visitors, neighbour)) => Some(visitors.arrive(neighbour)?),
            None => None,
        };
        let held = Held { counts: 1, permit: Some(permit), visit, aside: 0, waiting: None };
        let (held, over) = (Mutex::new(held), Notify::new());
        Some(Self { permits, visitors, neighbour, held, over })
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes it one for HTTP/2, and waits until there is room for that; false if there is none.
    pub(crate) async fn widen(&self) -> bool {
        let more = HTTP_2_CONNECTIONS - 1;
        if let Some(visit) = &mut self.lock().visit
            && !visit.counts_more(more as usize)
        {
            return false;
        }
        let permits = Arc::clone(&self.permits).acquire_many_owned(more);
        let Ok(Ok(more)) = tokio::time::timeout(HEADER_READ_TIMEOUT, permits).await else {
            return false;
        };
        let mut held = self.lock();
        held.counts = HTTP_2_CONNECTIONS;
        if let Some(permit) = &mut held.permit {
            permit.merge(more);
        }
        true
    }

    /// Gives the place free for a request that waits; false if too many wait already.
    pub(crate) fn step_aside(&self, peer: Peer) -> bool {
        let mut held = self.lock();
        if held.aside == 0 {
            let waiting = self.visitors.as_ref().and_then(|visitors| visitors.wait(peer));
            if waiting.is_none() {
                return false;
            }
            (held.waiting, held.permit, held.visit) = (waiting, None, None);
        }
        held.aside += 1;
        true
    }

    /// A request has waited. The connection ends if there is no room for it any more.
    pub(crate) fn step_back(&self) {
        let mut held = self.lock();
        held.aside -= 1;
        if held.aside > 0 {
            return;
        }
        held.waiting = None;
        let counts = held.counts;
        let known = self.visitors.as_ref().zip(self.neighbour);
        held.visit = known.and_then(|(visitors, from)| visitors.enter(from, counts as usize));
        held.permit = Arc::clone(&self.permits).try_acquire_many_owned(counts).ok();
        if held.visit.is_none() || held.permit.is_none() {
            self.end();
        }
    }

    /// Ends the connection after what it is in.
    pub(crate) fn end(&self) {
        self.over.notify_one();
    }

    /// Done when it is to end.
    pub(crate) async fn is_over(&self) {
        self.over.notified().await;
    }
}
