//! What the tests of Bugle share: scenes with a host and apps in them, and guests to put there.
//!
//! - [`Scene`]: a host on a clock that the test moves, with apps installed; when it ends it checks
//!   that nothing is left in the queue and that the store is sound;
//! - [`AppSource`]: an app to install, from the examples or written here;
//! - [`fixtures`]: where the guests are; one that no test names does not compile;
//! - [`probe`]: hostile guests, with what must come of each.

pub mod fixtures;
pub mod fuzz;
pub mod probe;
pub mod program;
pub mod tally;

mod app;
mod compiled;
mod input;
mod scene;
mod world;

pub use app::{AppSource, puppet};
pub use compiled::Compiled;
pub use input::input;
pub use scene::{Scene, SceneBuilder};
pub use world::{World, probes_folder};

/// The Rust of the README, which is compiled as a test of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
