//! The project's own commands: `cargo demo` and `cargo xtask …`.
//!
//! They fetch what they need themselves, into `target/`, and need no root.

mod clients;
mod demo;
mod guests;
mod languages;
mod observers;
mod suite;
mod tool;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Parser, Subcommand};

use guests::Toolchain;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own commands")]
struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Show the main job: real pushes over HTTP wake a sandboxed task
    Demo {
        #[arg(long, value_enum, default_value_t)]
        toolchain: Toolchain,
    },
    /// Build everything and run every test; prints the minutes of each part
    Test {
        #[arg(long, value_enum, default_value_t)]
        toolchain: Toolchain,
    },
    /// Run every test, and what takes longer: a thousand kills, every fault of a disk, fuzzing, a soak,
    /// a homeserver of Matrix, the bench
    Full {
        #[arg(long, value_enum, default_value_t)]
        toolchain: Toolchain,
    },
    /// Build the tasks of every language, into target/guests
    Guests {
        /// Only those in Rust, which need no other compiler and no program to be built first
        #[arg(long)]
        rust_only: bool,
        #[arg(long, value_enum, default_value_t)]
        toolchain: Toolchain,
    },
    /// Measure, and compare with the targets
    Bench {
        /// Also write the figures as JSON
        #[arg(long)]
        json: Option<PathBuf>,
        #[arg(long, value_enum, default_value_t)]
        toolchain: Toolchain,
    },
    /// Let a homeserver of Matrix push to a host
    Homeserver,
    /// Let Prometheus watch a host
    Observers,
    /// Feed a host what nobody would send it, for so long
    Fuzz {
        #[arg(long, default_value_t = 10)]
        minutes: u32,
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Let good and hostile tasks run side by side, with kills, and see that nothing grows
    Soak {
        #[arg(long, default_value_t = 10)]
        minutes: u32,
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Kill a host at random instants and check that nothing was lost
    Crash {
        #[arg(long, default_value_t = 1_000)]
        kills: u32,
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
}

fn main() -> Result<()> {
    let root = root();
    match Args::parse().action {
        Action::Demo { toolchain } => demo::demo(toolchain, &root),
        Action::Test { toolchain } => suite::test(toolchain, &root),
        Action::Full { toolchain } => suite::full(toolchain, &root),
        Action::Guests { toolchain, rust_only: true } => guests::build(toolchain, &root).map(drop),
        Action::Guests { toolchain, .. } => suite::build_guests(toolchain, &root),
        Action::Bench { json, toolchain } => {
            suite::build_guests(toolchain, &root)?;
            suite::bench(&root, json.as_deref())
        }
        Action::Homeserver => suite::homeserver(&root),
        Action::Observers => suite::observers(&root),
        Action::Fuzz { minutes, seed } => suite::for_minutes(&root, "fuzz", minutes, seed),
        Action::Soak { minutes, seed } => suite::for_minutes(&root, "soak", minutes, seed),
        Action::Crash { kills, seed } => suite::crash(&root, kills, seed),
    }
}

/// The repository: this crate is two folders below its top.
fn root() -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_folder.ancestors().nth(2).unwrap_or(crate_folder).to_owned()
}
