//! Where the writer's requests come in, from threads of any priority.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::writer::Request;

/// What came and was not looked at yet.
///
/// A thread that stands back, as those of guests do, can be kept from the processor for milliseconds at any
/// instant, and whatever it holds then is held. So the lock is held for a push and no longer, never while
/// somebody is woken; and the writer counts as asleep until it says otherwise, so that everybody who comes
/// meanwhile wakes it. A channel of the standard library lets only the first do so: with eight busy apps
/// one push in a hundred waited 4 to 12 ms for such a one.
#[derive(Default)]
pub(crate) struct Inbox {
    state: Mutex<State>,
    /// Something came, or it is over.
    is_ready: Condvar,
}

#[derive(Default)]
struct State {
    came: Vec<Box<dyn Request>>,
    /// The writer waits, or has not come to the lock yet since it was woken.
    is_asleep: bool,
    /// Nobody is left to ask for anything.
    is_over: bool,
    /// Nobody is left to do it.
    is_gone: bool,
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbox").finish_non_exhaustive()
    }
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a request to the writer. One that comes too late is dropped, which answers it.
    pub(crate) fn put(&self, request: Box<dyn Request>) {
        let mut state = self.lock();
        let is_late = state.is_over || state.is_gone;
        let late = if is_late {
            Some(request)
        } else {
            state.came.push(request);
            None
        };
        let is_asleep = state.is_asleep;
        drop(state);
        if is_asleep {
            self.is_ready.notify_one();
        }
        // Its reply may use the store.
        drop(late);
    }

    /// Nobody will ask for anything more; what came is done.
    pub(crate) fn end(&self) {
        self.lock().is_over = true;
        self.is_ready.notify_one();
    }
}

/// The writer's end of an inbox. What is in it when this is dropped is answered so.
pub(crate) struct Outlet(Arc<Inbox>);

impl Outlet {
    pub(crate) fn new(inbox: Arc<Inbox>) -> Self {
        Self(inbox)
    }

    /// Takes everything that has come, in its order, into an empty list; waits until there is something if
    /// it `may_wait`. False when there is nothing and will not be.
    pub(crate) fn take(&self, list: &mut Vec<Box<dyn Request>>, may_wait: bool) -> bool {
        let mut state = self.0.lock();
        state.is_asleep = may_wait;
        if may_wait {
            let is_empty = |state: &mut State| state.came.is_empty() && !state.is_over;
            state =
                self.0.is_ready.wait_while(state, is_empty).unwrap_or_else(PoisonError::into_inner);
            state.is_asleep = false;
        }
        // Both lists keep their room, so that hardly anybody allocates while it holds the lock.
        std::mem::swap(&mut state.came, list);
        !list.is_empty() || !state.is_over
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.is_gone = true;
        let late = std::mem::take(&mut state.came);
        drop(state);
        // Their replies may use the store.
        drop(late);
    }
}
