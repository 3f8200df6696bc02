//! Makes components of projects in any language, and tells what components are.
//!
//! A project is an app's folder whose `bugle.toml` has a `[build]` table. [`create`] writes one from
//! a template, [`Project::build`] makes its component, [`inspect`] tells what a component is.
//!
//! | step of a build | where |
//! |---|---|
//! | lay out what the language needs: contract, SDK, bindings | `.bugle/` in the project |
//! | call the compilers of the language's recipe, or the author's command | [`bugle_toolchain`] finds them |
//! | make a component of a core module | in this process |
//! | take names and debug information out of what is shipped | kept in `.bugle/symbols/` |
//!
//! This crate knows compilers and the form of components. It never runs a task, and has no sandbox:
//! whether a host would admit what it made is the host's to say.
#![forbid(unsafe_code)]

mod bindings;
mod componentize;
mod contract;
mod create;
mod embedded;
mod error;
mod inspect;
mod languages;
mod layout;
mod link;
mod project;
mod steps;
mod strip;

pub use bugle_toolchain as toolchain;
pub use bugle_toolchain::{Language, Toolchains};
pub use componentize::{ComponentizeError, StringEncoding, componentize};
pub use create::{NewProjectError, create};
pub use error::BuildError;
pub use inspect::{Inspection, Kind, ModuleParts, Needs, Parts, Producer, inspect};
pub use project::{Built, Project, Recipe, Snapshot};
pub use steps::Steps;
