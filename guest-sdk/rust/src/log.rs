//! What a task has to say to its author. Kept with the run, however the run ends: at most 64 KiB in
//! at most 1,000 lines of 2 KiB; the rest is cut and counted.
//!
//! The macros [`info!`](crate::info) and its fellows format; the functions here take plain text.

use std::borrow::Cow;
use std::fmt;

use crate::host;

pub use crate::bindings::bugle::task::log::Level;

impl Level {
    /// The level as the contract writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// Writes one line.
pub fn write(level: Level, message: fmt::Arguments<'_>) {
    let message = message.as_str().map_or_else(|| Cow::Owned(message.to_string()), Cow::Borrowed);
    host::log::write(level, &message);
}

/// Writes a line for whoever follows each step.
pub fn trace(message: &str) {
    host::log::write(Level::Trace, message);
}

/// Writes a line for whoever looks for a fault.
pub fn debug(message: &str) {
    host::log::write(Level::Debug, message);
}

/// Writes a line for whoever wants to know what happened.
pub fn info(message: &str) {
    host::log::write(Level::Info, message);
}

/// Writes a line about what should not be, and was got over.
pub fn warn(message: &str) {
    host::log::write(Level::Warn, message);
}

/// Writes a line about what went wrong.
pub fn error(message: &str) {
    host::log::write(Level::Error, message);
}

/// Writes a line at [`Level::Trace`](crate::log::Level::Trace), formatted as by [`format!`].
#[macro_export]
macro_rules! trace {
    ($($message:tt)+) => {
        $crate::log::write($crate::log::Level::Trace, ::core::format_args!($($message)+))
    };
}

/// Writes a line at [`Level::Debug`](crate::log::Level::Debug), formatted as by [`format!`].
#[macro_export]
macro_rules! debug {
    ($($message:tt)+) => {
        $crate::log::write($crate::log::Level::Debug, ::core::format_args!($($message)+))
    };
}

/// Writes a line at [`Level::Info`](crate::log::Level::Info), formatted as by [`format!`].
#[macro_export]
macro_rules! info {
    ($($message:tt)+) => {
        $crate::log::write($crate::log::Level::Info, ::core::format_args!($($message)+))
    };
}

/// Writes a line at [`Level::Warn`](crate::log::Level::Warn), formatted as by [`format!`].
#[macro_export]
macro_rules! warn {
    ($($message:tt)+) => {
        $crate::log::write($crate::log::Level::Warn, ::core::format_args!($($message)+))
    };
}

/// Writes a line at [`Level::Error`](crate::log::Level::Error), formatted as by [`format!`].
#[macro_export]
macro_rules! error {
    ($($message:tt)+) => {
        $crate::log::write($crate::log::Level::Error, ::core::format_args!($($message)+))
    };
}

/// From now on a panic leaves its message and its place in the log before it traps: a trap alone
/// says nothing.
#[cfg(target_arch = "wasm32")]
pub(crate) fn write_panics() {
    std::panic::set_hook(Box::new(|panic| write(Level::Error, format_args!("{panic}"))));
}
