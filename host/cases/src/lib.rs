//! Case files: what wakes a task, and what must come of it.
//!
//! A case is read ([`Case`]), run in the sandbox of production with the state going from step to step
//! ([`Case::run`]), and compared. Cases are found and run many at a time ([`select`], [`Suite`]), made
//! from kept runs ([`export`]), filled in with what was seen ([`accept`]), and found by mutation
//! ([`fuzz`]). `host/docs/TESTING.md` documents the format.
//!
//! The crate touches no disk but to read cases and the files that they name. How one input is run is
//! the caller's to say ([`RunOne`]).
#![forbid(unsafe_code)]

mod accept;
mod case;
mod datum;
mod error;
mod expected;
mod export;
mod fuzz;
mod junit;
mod moment;
mod node;
mod plain;
mod read;
mod run;
mod seen;
mod shape;
mod suite;

pub use accept::{Accepted, accept};
pub use case::Case;
pub use datum::Datum;
pub use error::Error;
pub use expected::Difference;
pub use export::{ExpectOf, export};
pub use fuzz::{Finding, FuzzEnd, FuzzPlan, FuzzReport, fuzz};
pub use junit::junit;
pub use run::{CaseReport, RunOne, StepReport};
pub use suite::{Selection, Suite, select};
