//! `cargo xtask bench`: measures, and compares with the targets. Ratios are within one run of this
//! program, so that a slow or busy machine makes both sides slow.

mod doors;
mod figure;
mod fresh_run;
mod http;
mod installed;
mod languages;
mod load;
mod neighbours;
mod observed;
mod overrun;
mod program;
mod scanner;
mod served;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use figure::Figures;

/// As the program has it that is measured.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        // This program again, as a host of its own whose memory can be looked at.
        ["start", folder] => installed::start(Path::new(folder)),
        // This program again, as those who push.
        ["send", load] => load::send(load),
        // And as one that looks for addresses.
        ["scan", door] => scanner::scan(door.parse()?),
        ["--json", file] => bench(Some(Path::new(file)), None),
        ["--only", part] => bench(None, Some(part)),
        [] => bench(None, None),
        _ => anyhow::bail!("usage: bench [--json FILE | --only PART]"),
    }
}

fn bench(json: Option<&Path>, only: Option<&str>) -> Result<()> {
    let app = target().join("guests/apps/raw-notification");
    ensure!(app.is_dir(), "the tasks are not built; run `cargo xtask guests`");
    // On the disk that the target folder is on, since a system's temporary folder may be memory.
    let scratch = tempfile::Builder::new().prefix("bench-").tempdir_in(target())?;
    let mut figures = Figures::default();
    let wants = |part: &str| only.is_none_or(|only| only == part);
    if wants("fresh-run") {
        fresh_run::measure(&app, &mut figures)?;
    }
    if wants("languages") {
        languages::measure(&target().join("guests/apps"), &mut figures)?;
    }
    if wants("http") {
        http::measure(&app, scratch.path(), &mut figures)?;
    }
    if wants("observed") {
        observed::measure(&app, scratch.path(), &mut figures)?;
    }
    if wants("doors") {
        doors::measure(&app, scratch.path(), &mut figures)?;
    }
    if wants("scanner") {
        scanner::measure(&app, scratch.path(), &mut figures)?;
    }
    if wants("installed") {
        installed::measure(&app, scratch.path(), &mut figures)?;
    }
    if wants("neighbours") {
        neighbours::measure(scratch.path(), &mut figures)?;
    }
    if wants("program") {
        program::measure(&app, scratch.path(), &mut figures)?;
    }
    if wants("overrun") {
        overrun::measure(&mut figures)?;
    }
    figures.print();
    if let Some(json) = json {
        let text = serde_json::to_string_pretty(&figures.0)?;
        std::fs::write(json, text).with_context(|| format!("`{}`", json.display()))?;
    }
    ensure!(figures.all_hold(), "a figure misses its target");
    Ok(())
}

/// Where this program was built: `target`.
fn target() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    program.ancestors().nth(2).map_or_else(|| "target".into(), Path::to_owned)
}
