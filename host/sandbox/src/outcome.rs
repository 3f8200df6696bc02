use bugle_task::{CancellationReason, LimitName, Outcome};
use wasmtime::{Trap, WasmBacktrace};

use crate::RunControl;
use crate::bindings::bugle::task::types::TaskError;
use crate::log::cut;
use crate::meter::Stop;
use crate::state::State;

/// The most bytes of a guest's own words, or of a trap's, that are kept in an outcome.
pub(crate) const MESSAGE_BYTES_MAX: usize = 4 * 1024;

/// The most frames of a trap's backtrace that are kept: they tell where, more only repeat a recursion.
pub(crate) const BACKTRACE_FRAMES_MAX: usize = 20;

/// The longest time that a guest may ask to be left alone for, in milliseconds: a day.
const RETRY_AFTER_MS_MAX: u32 = 24 * 60 * 60 * 1_000;

/// What the state of a run tells about why it ended.
pub(crate) struct Ending {
    refused: Option<LimitName>,
    is_bound_by_time: bool,
    cancellation: Option<CancellationReason>,
}

impl Ending {
    pub(crate) fn new(state: &State, control: &RunControl) -> Self {
        Self {
            refused: state.limiter.refused(),
            is_bound_by_time: state.meter.is_bound_by_time(),
            cancellation: control.cancellation(),
        }
    }
}

/// What a call comes to. It is decided after the guest's `post-return`, which is part of the call.
pub(crate) fn outcome_of(
    call: wasmtime::Result<Result<(), TaskError>>,
    ending: &Ending,
) -> Outcome {
    match call {
        Ok(Ok(())) => Outcome::Completed,
        Ok(Err(TaskError::Failed(text) | TaskError::Other(text))) => {
            Outcome::Failed { message: cut(&text, MESSAGE_BYTES_MAX).to_owned() }
        }
        Ok(Err(TaskError::Retry(after))) => {
            Outcome::Retry { after_ms: after.map(|after_ms| after_ms.min(RETRY_AFTER_MS_MAX)) }
        }
        Ok(Err(TaskError::Rejected(text))) => {
            Outcome::Rejected { message: cut(&text, MESSAGE_BYTES_MAX).to_owned() }
        }
        Err(error) => of_error(&error, ending),
    }
}

fn of_error(error: &wasmtime::Error, ending: &Ending) -> Outcome {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return match stop {
            Stop::OutOfFuel => Outcome::OutOfFuel,
            Stop::TimedOut => Outcome::TimedOut,
            Stop::Limit(limit) => Outcome::LimitExceeded { limit: *limit },
            Stop::Misuse(what) => trapped(error, what),
        };
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) if ending.is_bound_by_time => return Outcome::TimedOut,
        Some(Trap::OutOfFuel) => return Outcome::OutOfFuel,
        Some(Trap::Interrupt) => {
            return ending
                .cancellation
                .map_or(Outcome::Cut, |reason| Outcome::Cancelled { reason });
        }
        _ => {}
    }
    // A guest that was refused memory and gives up does it with `unreachable`, in every language, and
    // says a word before at most; one whose declared minimum is refused does not even trap.
    let gave_up = matches!(error.downcast_ref(), None | Some(Trap::UnreachableCodeReached));
    match ending.refused.filter(|_| gave_up) {
        Some(LimitName::MemoryBytes) => return Outcome::OutOfMemory,
        Some(limit) => return Outcome::LimitExceeded { limit },
        None => {}
    }
    let message = error.root_cause().to_string();
    match limit_in(&message) {
        Some(limit) => Outcome::LimitExceeded { limit },
        None => trapped(error, &message),
    }
}

/// wasmtime's own limits answer with errors that have no public type, so they are told by their
/// words. The probes have one guest for each: should the words change, they fail.
fn limit_in(message: &str) -> Option<LimitName> {
    const WORDS: [(&str, LimitName); 6] = [
        ("fuel allocated for hostcalls has been exhausted", LimitName::HostCallBytes),
        ("store handle limit exceeded", LimitName::Handles),
        ("resource table has no free keys", LimitName::Handles),
        ("instance count too high", LimitName::Instances),
        ("memory count too high", LimitName::Memories),
        ("table count too high", LimitName::Tables),
    ];
    WORDS.into_iter().find(|(words, _)| message.contains(words)).map(|(_, limit)| limit)
}

fn trapped(error: &wasmtime::Error, message: &str) -> Outcome {
    let frame = |frame: &wasmtime::FrameInfo| match frame.func_name() {
        Some(name) => cut(name, 200).to_owned(),
        None => format!("function {}", frame.func_index()),
    };
    let backtrace = error
        .downcast_ref::<WasmBacktrace>()
        .map(|backtrace| backtrace.frames().iter().take(BACKTRACE_FRAMES_MAX).map(frame).collect())
        .unwrap_or_default();
    Outcome::Trapped { message: cut(message, MESSAGE_BYTES_MAX).to_owned(), backtrace }
}
