//! The store through its public API, as the engine and the command line use it.

mod channels;
#[cfg(unix)]
mod copies;
mod effects;
mod files;
mod keeping;
mod queue;
mod recovery;
mod scene;
mod sharing;
