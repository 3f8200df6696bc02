//! What people watch hosts with, below `target/tools`: for the tests that are watched by it.

use std::path::Path;

use anyhow::Result;

use crate::tool::{told, toolchains};

/// Unpacks the programs, unless they are there already.
///
/// # Errors
///
/// A package cannot be had.
pub(crate) fn set_up(root: &Path) -> Result<()> {
    let mut say = |step: &str| eprintln!("{step}");
    // One program of Go, which needs no library.
    toolchains(root)
        .debian_program("prometheus", "usr/bin/prometheus", &mut say)
        .map(drop)
        .map_err(told)
}
