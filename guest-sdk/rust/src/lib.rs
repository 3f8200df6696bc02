#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

/// Public for what `#[background_task]` expands to only. Not part of the API.
#[doc(hidden)]
pub mod bindings;
mod error;
mod task_error;
mod trigger;

pub mod badge;
pub mod context;
pub mod log;
pub mod settings;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
pub mod toasts;

pub use bugle_guest_macros::background_task;
pub use error::Error;
pub use task_error::TaskError;
pub use trigger::{
    ApplicationRequest, ChannelExpiry, CustomEvent, Dismissal, Pair, RawNotification, SystemEvent,
    TimerTick, Timestamp, ToastActivation, ToastDismissal, Trigger,
};

/// Begins on the memory that the component has from the start, if the linker was told to leave some
/// (`--initial-heap`), and grows it after. Growing costs the host two calls to its system and the
/// other processors a flush; the standard library's allocator does it before its first byte.
#[cfg(all(target_arch = "wasm32", feature = "allocator"))]
#[global_allocator]
static HEAP: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// What a task calls. In a component these are the imports of the contract's world.
#[cfg(target_arch = "wasm32")]
use bindings::bugle::task as host;
/// What a task calls. In a native test it is a host in the same thread, with the same functions.
#[cfg(not(target_arch = "wasm32"))]
use testing::host;

/// What `#[background_task]` expands to. Not part of the API.
#[doc(hidden)]
pub mod __private {
    pub use crate::bindings;
    pub use crate::bindings::bugle::task::types::TaskError;
    pub use crate::bindings::export;
    pub use crate::bindings::exports::bugle::task::entry::Guest;

    /// Runs the task, once, as the contract's `run`.
    ///
    /// # Errors
    ///
    /// Those of the task, as the contract writes them.
    pub fn run(
        task: fn(crate::Trigger) -> Result<(), crate::TaskError>,
        trigger: crate::Trigger,
    ) -> Result<(), TaskError> {
        #[cfg(target_arch = "wasm32")]
        crate::log::write_panics();
        task(trigger).map_err(TaskError::from)
    }
}
