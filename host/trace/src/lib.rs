//! What traced runs tell the author of a task: which of its code ran ([`Coverage`]), and where its
//! fuel went ([`Profile`]).
//!
//! The sandbox traces by function index and offset ([`bugle::TracedComponent`]); this crate finds the
//! names and lines that belong to them ([`Symbols`]) and lays the numbers out: as values for a table,
//! as LCOV, as a flame graph. It runs nothing and writes nothing.
//!
//! What is exact: that a function or a stretch of code was entered, and how often; the fuel that each
//! function used. What is as good as the compiler's word for it: lines, which come from DWARF. Of an
//! interpreted language it tells the functions of the interpreter.
#![forbid(unsafe_code)]

mod coverage;
mod dwarf;
mod flame;
mod lcov;
mod module;
mod names;
mod profile;
mod speedscope;
mod symbols;

pub use coverage::{Coverage, FileCoverage, FunctionCoverage};
pub use profile::{FunctionFuel, Profile};
pub use symbols::Symbols;
