//! The hostile guests of `probes/`: one file an attack, with what must come of it in its header.
//!
//! The header is TOML behind `;;! `, and its keys are the fields of [`Probe`]. Behind it is WebAssembly
//! text. A line of it that begins with `;;* NUMBER ` is read so many times, with `{n}` counting from 0:
//! what is large is a short file all the same. How the text becomes a component is its `encode`:
//!
//! - `module`: a core module, made a component of the world in `probes/world.wit`;
//! - `beside`: a component that is instantiated inside of a copy of the honest task `good.wat`, for
//!   attacks that take no call of the task's own;
//! - `component`: as it is, whatever it is.
//!
//! Those of `probes/heavy/` are for the `probes` test alone: they take long to be made, to be compiled or to
//! be ended (by real time only), or their stack is deeper than a trace looks or can follow.

mod attacks;
mod encode;
pub mod overrun;
pub mod process;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use bugle_task::{LimitName, Limits, Outcome, RunReport};
use serde::Deserialize;

use crate::world::{World, probes_folder};
use encode::{Damage, Encode, Encoder};

pub use attacks::{ATTACKS, Attack};
pub use encode::beside;

/// One attack, and what must come of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// The file's name, without `.wat`.
    #[serde(skip)]
    pub name: String,
    /// What the guest does, in one line.
    pub about: String,
    /// Which of [`ATTACKS`] it is one of, by its number; none for the honest task.
    pub attack: Option<usize>,
    /// The code of the outcome, `refused` where it must not be installed, `compile-refused` where the
    /// compiler must not take it, or `compile-limit` where compiling it must end at a limit.
    pub expect: String,
    /// With `refused`: a text that the refusal contains.
    pub refused: Option<String>,
    /// With `limit-exceeded`: which limit.
    pub limit: Option<LimitName>,
    /// A text that the outcome, as it is shown, contains.
    pub message: Option<String>,
    /// The whole of one line that the log has.
    pub log: Option<String>,
    /// How many toasts the run's effects have.
    pub toasts: Option<usize>,
    /// What the report must say of some limits, as in `handles=256,memories=2`.
    pub used: Option<String>,
    /// Limits other than the default ones, as in `fuel=1000000,time-ms=200`.
    pub limits: Option<String>,
    /// How often a running host is woken for it, one after another. Every run must end alike.
    #[serde(default = "once")]
    pub pushes: usize,
    /// The most milliseconds of real time that the run may take, compilation aside.
    pub wall_ms_max: u64,
    /// The most MiB by which the run may raise the host's resident memory.
    pub rss_mib_max: u64,
    /// The most KiB that a running host may write for one run of it, all that it writes anywhere
    /// counted.
    #[serde(default = "disk_kib_max")]
    pub disk_kib_max: u64,
    /// What it keeps the host busy with for ever, if it is one of those by which it is measured how late
    /// a run ends: see [`overrun`].
    pub busy_with: Option<String>,
    /// What is done to the host beside it, where that is the attack: for a trial of its own, by which what
    /// must come of a run comes of it all the same.
    pub deed: Option<Deed>,
    /// Seconds of processor time that compiling it may take where that can be set: less than by default,
    /// so that a test need not wait for as long.
    pub compile_seconds: Option<u64>,
    /// MiB that compiling it may take where that can be set.
    pub compile_mib: Option<u64>,
    /// Compiling it takes long by the default limits, which is all that the program has: it is left out
    /// of the shorter suite there.
    #[serde(default)]
    pub is_long: bool,
    encode: Encode,
    damage: Option<Damage>,
    #[serde(skip)]
    text: String,
    /// What the host is given.
    #[serde(skip)]
    pub component: Vec<u8>,
}

/// An attack on the host that takes no guest's doing.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// Native code in the cache is damaged, cut, and exchanged for another task's.
    TampersWithCache,
    /// The host is killed whenever it runs the task.
    KillsTheHost,
    /// The clock jumps, between hosts and while they run the task.
    SetsTheClock,
}

fn once() -> usize {
    1
}

/// Accepting a push, claiming it and committing what came of it writes 30 to 130 KiB: pages of the
/// database to its log, toasts to the terminal, and the report to who waits for it. Half as much again.
fn disk_kib_max() -> u64 {
    192
}

/// Reads, and makes components of, all probes but the heavy ones, in the order of their names.
///
/// # Errors
///
/// Names the first file that is no probe, and says why.
pub fn load_all() -> anyhow::Result<Vec<Probe>> {
    let encoder = Encoder::new(World::load()?)?;
    let load = |path: &PathBuf| read(path)?.encoded(&encoder);
    let paths = paths(&probes_folder())?;
    paths.iter().map(|path| load(path).with_context(|| path.display().to_string())).collect()
}

/// Reads the heavy ones, and does not make components of them: see [`Probe::with_component`].
///
/// # Errors
///
/// As [`load_all`].
pub fn load_heavy() -> anyhow::Result<Vec<Probe>> {
    let read = |path: &PathBuf| read(path).with_context(|| path.display().to_string());
    paths(&probes_folder().join("heavy"))?.iter().map(read).collect()
}

fn paths(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut paths = entries.collect::<anyhow::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "wat"));
    paths.sort();
    Ok(paths)
}

/// Reads a probe that has no component yet.
fn read(path: &Path) -> anyhow::Result<Probe> {
    let text = fs::read_to_string(path)?;
    let mut probe = read_header(&text)?;
    probe.name = path.file_stem().context("a probe has a name")?.to_string_lossy().into_owned();
    probe.text = text;
    Ok(probe)
}

/// Reads the header into a probe that has no name and no component yet.
fn read_header(text: &str) -> anyhow::Result<Probe> {
    let lines = text.lines().map_while(|line| line.strip_prefix(";;! "));
    let probe: Probe = toml::from_str(&lines.collect::<Vec<_>>().join("\n"))?;
    let has_reason = match probe.expect.as_str() {
        "refused" => probe.refused.is_some(),
        "limit-exceeded" => probe.limit.is_some(),
        _ => probe.refused.is_none() && probe.limit.is_none(),
    };
    ensure!(has_reason, "`refused` has a key `refused`, `limit-exceeded` a key `limit`");
    let known = probe.attack.is_none_or(|attack| (1..=ATTACKS.len()).contains(&attack));
    ensure!(known, "`attack` is the number of one of the attacks of `attacks.rs`");
    Ok(probe)
}

impl Probe {
    /// The probe with its component, if it has none yet.
    ///
    /// # Errors
    ///
    /// Its text is none.
    pub fn with_component(&self) -> anyhow::Result<Self> {
        if self.component.is_empty() {
            return self.clone().encoded(&Encoder::new(World::load()?)?);
        }
        Ok(self.clone())
    }

    fn encoded(mut self, encoder: &Encoder) -> anyhow::Result<Self> {
        self.component = encoder.encode(&self.text, self.encode)?;
        if let Some(damage) = self.damage {
            damage.apply(&mut self.component);
        }
        Ok(self)
    }

    /// The limits that it is run with.
    ///
    /// # Errors
    ///
    /// Its header has what is no limit.
    pub fn run_limits(&self) -> anyhow::Result<Limits> {
        let mut limits = Limits::default();
        limits.set_from_text(self.limits.as_deref().unwrap_or_default())?;
        Ok(limits)
    }

    /// Compares what came of a run with what must, but for what was measured.
    ///
    /// # Errors
    ///
    /// Says what differs.
    pub fn compare(&self, report: &RunReport) -> anyhow::Result<()> {
        let result = &report.result;
        let shown = result.outcome.to_string();
        ensure!(result.outcome.code() == self.expect, "the outcome is `{shown}`");
        if let Outcome::LimitExceeded { limit } = &result.outcome {
            ensure!(Some(*limit) == self.limit, "the limit is `{limit}`");
        }
        if let Some(message) = &self.message {
            ensure!(shown.contains(message), "the outcome is `{shown}`, without `{message}`");
        }
        if let Some(line) = &self.log {
            let has_it = result.log.lines.iter().any(|logged| logged.message == *line);
            ensure!(has_it, "the log has no line `{line}`: {:?}", result.log.lines);
        }
        for figure in self.used.iter().flat_map(|used| used.split(',')) {
            let beside = report.beside_limits();
            let mut said = beside.iter().map(|row| format!("{}={}", row.limit, row.used));
            ensure!(said.any(|said| said == figure), "`{figure}` is not what was used: {beside:?}");
        }
        if let Some(toasts) = self.toasts {
            ensure!(result.effects.toasts.len() == toasts, "toasts: {:?}", result.effects.toasts);
        }
        ensure!(
            result.outcome.is_completed() || result.effects.is_empty(),
            "it did not complete, and has effects: {:?}",
            result.effects
        );
        let (wall_ms, wall_ms_max) = (report.measured.wall_us / 1_000, self.wall_ms_max);
        ensure!(wall_ms <= wall_ms_max, "{wall_ms} ms, and may take {wall_ms_max}");
        Ok(())
    }

    /// Whether a refusal says what it must.
    ///
    /// # Errors
    ///
    /// It does not, or the probe should not have been refused.
    pub fn compare_refusal(&self, refusal: &str) -> anyhow::Result<()> {
        let Some(expected) = &self.refused else { bail!("it was refused: {refusal}") };
        ensure!(refusal.contains(expected), "refused with `{refusal}`, not `{expected}`");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use wasmparser::Validator;

    use super::*;

    #[test]
    fn all_probes_that_are_to_run_are_valid() {
        let probes = load_all().expect("all files are probes");
        for Probe { name, component, expect, .. } in &probes {
            let invalid = Validator::new().validate_all(component).err();
            assert!(invalid.is_none() || expect == "refused", "{name}: {invalid:?}");
        }
        assert!(probes.iter().any(|probe| probe.name == "good"));
    }
}
