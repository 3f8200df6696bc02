//! Panics while a case is tried, of whichever thread: a host's own threads are not the case's.

use std::cell::Cell;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, PoisonError};

/// Whether a case is being tried. Panics at other times are told as ever.
static IN_CASE: AtomicBool = AtomicBool::new(false);
/// The first panic of the case.
static FIRST: Mutex<Option<Panic>> = Mutex::new(None);

thread_local! {
    /// Whether this thread belongs to somebody else, such as another test of the process.
    static IS_OF_CASE: Cell<bool> = const { Cell::new(false) };
}

/// Where a panic was, and what it said.
#[derive(Debug, Clone)]
pub(super) struct Panic {
    pub(super) place: String,
    message: String,
    thread: String,
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, message, thread } = self;
        write!(f, "a panic at {place}, in the thread {thread}: {message}")
    }
}

/// Takes panics down from now on.
pub(super) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let thread = std::thread::current();
            let name = thread.name().unwrap_or("without a name");
            let is_of_host = name.starts_with("bugle") || name.starts_with("tokio");
            let is_of_case = IS_OF_CASE.get() || is_of_host;
            if !IN_CASE.load(Ordering::SeqCst) || !is_of_case {
                return others(info);
            }
            let place = info.location().map_or_else(|| "nowhere".to_owned(), ToString::to_string);
            let message = info.payload_as_str().unwrap_or("nothing").to_owned();
            let panic = Panic { place, message, thread: name.to_owned() };
            FIRST.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(panic);
        }));
    });
}

/// Does something during which a panic of this thread, or of a host's, is an error.
pub(super) fn catch<T>(work: impl FnOnce() -> T) -> Result<T, Panic> {
    IS_OF_CASE.set(true);
    IN_CASE.store(true, Ordering::SeqCst);
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    IN_CASE.store(false, Ordering::SeqCst);
    IS_OF_CASE.set(false);
    let first = FIRST.lock().unwrap_or_else(PoisonError::into_inner).take();
    match (first, done) {
        (Some(panic), _) => Err(panic),
        (None, Ok(done)) => Ok(done),
        (None, Err(_)) => Err(Panic {
            place: "nowhere".to_owned(),
            message: "it was not told".to_owned(),
            thread: "of the case".to_owned(),
        }),
    }
}
