use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{StoreError, fresh};

/// Whom to tell that the store takes no more writes. On the writer's thread, as a reply.
type Tell = Box<dyn FnOnce(StoreError) + Send>;

/// Whether the store still takes writes, and who wants to hear when it does not any more.
pub(crate) struct Failure {
    folder: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    error: Option<StoreError>,
    to_tell: Vec<Tell>,
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure").field("error", &self.lock().error).finish_non_exhaustive()
    }
}

impl Failure {
    pub(crate) fn none_yet(folder: Option<PathBuf>) -> Self {
        Self { folder, state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the store takes no more writes, if it does not.
    pub(crate) fn error(&self) -> Option<StoreError> {
        let error = self.lock().error.as_ref()?.to_string();
        Some(StoreError::Failed { what: error })
    }

    /// Takes no more writes from now on. Only the first reason counts.
    pub(crate) fn note(&self, error: &StoreError) {
        let to_tell = {
            let mut state = self.lock();
            if state.error.is_some() {
                return;
            }
            state.error = Some(error.clone());
            std::mem::take(&mut state.to_tell)
        };
        tracing::error!(%error, code = error.code(), "the store takes no more writes");
        if let (Some(folder), StoreError::Io { .. }) = (&self.folder, error) {
            fresh::mark_unsynced(folder);
        }
        for tell in to_tell {
            tell(error.clone());
        }
    }

    /// Tells when the store takes no more writes; at once if it is so already.
    pub(crate) fn tell(&self, tell: Tell) {
        let mut state = self.lock();
        match state.error.clone() {
            Some(error) => {
                drop(state);
                tell(error);
            }
            None => state.to_tell.push(tell),
        }
    }
}
