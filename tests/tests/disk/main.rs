//! The store on a disk that fails: what was not synced is lost, torn and reordered by a loss of power,
//! and reads, writes and syncs fail at any moment. And the program, on a real disk that is full.
//!
//! `BUGLE_IMAGES` is the number of scrambled images of the disk after each operation, `BUGLE_SEED`
//! another choice of them, and `BUGLE_FAULTS` the number of places at which each fault comes.

mod calls;
#[path = "../crash/chance.rs"]
mod chance;
mod disk;
mod faults;
mod full;
mod platter;
mod power;
mod stage;
mod unsynced;
mod upgrade;
mod vfs;
mod view;
mod workload;

use std::env;

use anyhow::Context as _;

fn number(variable: &str) -> anyhow::Result<Option<usize>> {
    let parse = |text: String| text.parse().with_context(|| format!("`{variable}` is no number"));
    env::var(variable).ok().map(parse).transpose()
}
