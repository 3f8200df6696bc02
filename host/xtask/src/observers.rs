//! What people watch hosts with, below `target/tools`: for the tests that are watched by it.

use std::path::Path;

use anyhow::Result;

use crate::clients;
use crate::tool::{told, toolchains};

/// A browser without a window, and fonts: it shows nothing without.
const BROWSER: [&str; 3] = ["chromium-headless-shell", "fonts-liberation", "fonts-dejavu-core"];

/// A desktop that nobody sees: an X server with what it looks for at its start, a bus, a notification daemon.
const DESKTOP: [&str; 6] =
    ["xvfb", "x11-xkb-utils", "xkb-data", "dbus-daemon", "dunst", "fonts-dejavu-core"];

/// Unpacks the programs, unless they are there already.
///
/// # Errors
///
/// A package cannot be had.
pub(crate) fn set_up(root: &Path) -> Result<()> {
    let mut say = |step: &str| eprintln!("{step}");
    let toolchains = toolchains(root);
    // One program of Go, which needs no library.
    toolchains.debian_program("prometheus", "usr/bin/prometheus", &mut say).map_err(told)?;
    let shell = "usr/lib/chromium/chromium-headless-shell";
    toolchains.debian_programs("browser", &BROWSER, shell, &mut say).map_err(told)?;
    let dunst = "usr/bin/dunst";
    toolchains.debian_programs("desktop", &DESKTOP, dunst, &mut say).map_err(told)?;
    clients::set_up_python(root, "tests/clients/python/observers.txt", "target/observers")
}
