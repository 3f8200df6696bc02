//! What an author's machine has and a test's place has not: compilers.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Cargo's output folder, where `cargo xtask guests` leaves what tests need.
#[must_use]
pub fn target() -> PathBuf {
    let named = env::var_os("CARGO_TARGET_DIR");
    named.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from)
}

/// Where the compilers are that the suite sets up.
#[must_use]
pub fn tools() -> PathBuf {
    env::var_os("BUGLE_TOOLS").map_or_else(|| target().join("tools"), PathBuf::from)
}

/// Lets a command find the suite's compilers, and what Cargo and rustup keep in this machine's home.
pub fn with_compilers(command: &mut Command) -> &mut Command {
    let home = env::home_dir().unwrap_or_default();
    for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        let value = env::var_os(name).map_or_else(|| home.join(folder), PathBuf::from);
        command.env(name, value);
    }
    // All that the workspace needs is there, and a project has the workspace's versions.
    command.env("CARGO_NET_OFFLINE", "true").env("BUGLE_TOOLS", tools())
}
