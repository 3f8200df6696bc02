//! Every test, in parts, each with its time.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::clients;
use crate::demo::demo;
use crate::guests::{self, Toolchain};
use crate::languages;
use crate::observers;
use crate::tool::{build, built, cargo, run};

/// How long `cargo xtask test` may take on two cores with nothing built and nothing fetched.
const BUDGET: Duration = Duration::from_secs(40 * 60);

/// The tests that need what people watch hosts with.
const OBSERVERS: [&str; 2] = ["dashboard", "observers"];

/// The tests that attack the host, and break what is under it.
const ATTACKS: [&str; 6] = ["crash", "disk", "fuzz", "isolation", "outside", "probes"];

/// What a part is for. Each has its share of the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Share {
    /// The host, and tasks in Rust.
    Host,
    /// Tasks in the other languages: fetching compilers, building, unit tests.
    Languages,
    /// What people send pushes with: fetching it.
    Senders,
    /// What people watch hosts with: fetching it, and the tests that are watched.
    Observers,
    /// Attacks and faults.
    Attacks,
    /// Asked for by name, and as long as it takes.
    More,
}

impl Share {
    const fn budget(self) -> Duration {
        match self {
            Self::Host => Duration::from_secs(20 * 60),
            Self::Languages => Duration::from_secs(9 * 60),
            Self::Senders => Duration::from_secs(5 * 60),
            Self::Observers => Duration::from_secs(5 * 60),
            Self::Attacks => Duration::from_secs(6 * 60),
            Self::More => Duration::MAX,
        }
    }
}

/// A part that has run.
struct Part {
    name: &'static str,
    share: Share,
    time: Duration,
    result: Result<()>,
}

/// The parts that have run, in their order.
#[derive(Default)]
struct Parts(Vec<Part>);

impl Parts {
    /// Runs a part. What fails does not keep the rest from running, unless the rest needs it.
    fn run(&mut self, share: Share, name: &'static str, part: impl FnOnce() -> Result<()>) -> bool {
        eprintln!("\n== {name}");
        let started = Instant::now();
        let result = part();
        if let Err(error) = &result {
            eprintln!("== {name} failed: {error:#}");
        }
        let is_ok = result.is_ok();
        self.0.push(Part { name, share, time: started.elapsed(), result });
        is_ok
    }

    /// The time of the parts of one share.
    fn time(&self, share: Share) -> Duration {
        self.0.iter().filter(|part| part.share == share).map(|part| part.time).sum()
    }

    fn finish(self) -> Result<()> {
        eprintln!("\n{:<34} minutes", "part");
        for Part { name, time, result, .. } in &self.0 {
            let state = if result.is_ok() { "" } else { "  failed" };
            eprintln!("{name:<34} {:>7.1}{state}", minutes(*time));
        }
        let (host, languages) = (self.time(Share::Host), self.time(Share::Languages));
        let (senders, attacks) = (self.time(Share::Senders), self.time(Share::Attacks));
        let observers = self.time(Share::Observers);
        for (name, time, budget) in [
            ("host and tasks in Rust", host, Share::Host.budget()),
            ("tasks in other languages", languages, Share::Languages.budget()),
            ("senders of pushes", senders, Share::Senders.budget()),
            ("observers", observers, Share::Observers.budget()),
            ("attacks and faults", attacks, Share::Attacks.budget()),
            ("all tests", host + languages + senders + observers + attacks, BUDGET),
        ] {
            let (used, budget_minutes) = (minutes(time), minutes(budget));
            eprintln!("{name:<34} {used:>7.1} of {budget_minutes:.0}");
            if time > budget {
                eprintln!("warning: {name}: this is over the budget");
            }
        }
        self.verdict()
    }

    fn verdict(&self) -> Result<()> {
        let failed = self.0.iter().filter(|part| part.result.is_err());
        let failed: Vec<&str> = failed.map(|part| part.name).collect();
        println!("parts: {} passed, {} failed", self.0.len() - failed.len(), failed.len());
        if !failed.is_empty() {
            bail!("failed: {}", failed.join(", "));
        }
        Ok(())
    }
}

fn minutes(time: Duration) -> f64 {
    time.as_secs_f64() / 60.0
}

pub(crate) fn test(toolchain: Toolchain, root: &Path) -> Result<()> {
    let mut parts = Parts::default();
    test_parts(&mut parts, toolchain, root);
    parts.finish()
}

fn test_parts(parts: &mut Parts, toolchain: Toolchain, root: &Path) {
    let has_guests =
        parts.run(Share::Host, "guests: Rust", || guests::build(toolchain, root).map(drop));
    let is_built = parts.run(Share::Host, "build", || build(root));
    if !(has_guests && is_built) {
        return;
    }
    // Where a language fails, the tests of the others still tell something.
    parts.run(Share::Languages, "guests: other languages", || languages::build(root));
    parts.run(Share::Languages, "unit tests of the languages", || languages::test(root));
    parts.run(Share::Senders, "senders of pushes", || clients::set_up(root));
    parts.run(Share::Host, "format", || run(cargo(root).args(["fmt", "--all", "--check"])));
    parts.run(Share::Host, "tests", || {
        let is_apart = |name: &str| ATTACKS.contains(&name) || OBSERVERS.contains(&name);
        let others = test_targets(root)?.into_iter().filter(|name| !is_apart(name));
        run(tests(root, others).args(["--lib", "--bins", "--examples"]))
    });
    parts.run(Share::Observers, "observers", || observers(root));
    parts.run(Share::Attacks, "attacks and faults", || run(&mut tests(root, ATTACKS)));
    parts.run(Share::Host, "documentation tests", || {
        run(cargo(root).args(["test", "--workspace", "--doc", "--locked", "--no-fail-fast"]))
    });
    parts.run(Share::Host, "demo", || demo(toolchain, root));
    parts.run(Share::Host, "example: embed", || {
        run(Command::new(built(root, "embed")).current_dir(root))
    });
    parts.run(Share::Host, "lints", || {
        let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
        run(cargo(root).args(clippy))
    });
}

/// Runs some of the workspace's tests by their names.
fn tests<T: AsRef<str>>(root: &Path, names: impl IntoIterator<Item = T>) -> Command {
    let mut cargo = cargo(root);
    cargo.args(["test", "--workspace", "--locked", "--no-fail-fast"]);
    for name in names {
        cargo.args(["--test", name.as_ref()]);
    }
    cargo
}

/// The names of all that cargo finds in the folders `tests` of the packages.
fn test_targets(root: &Path) -> Result<BTreeSet<String>> {
    let mut packages = vec![root.join("tests"), root.join("guest-sdk/rust")];
    for package in fs::read_dir(root.join("host"))? {
        packages.push(package?.path());
    }
    let mut names = BTreeSet::new();
    for tests in packages.iter().map(|package| package.join("tests")).filter(|path| path.is_dir()) {
        for entry in fs::read_dir(tests)? {
            let path = entry?.path();
            let is_test = path.extension().is_some_and(|ending| ending == "rs")
                || path.join("main.rs").is_file();
            let name = path.file_stem().filter(|_| is_test);
            names.extend(name.map(|name| name.to_string_lossy().into_owned()));
        }
    }
    Ok(names)
}

pub(crate) fn full(toolchain: Toolchain, root: &Path) -> Result<()> {
    let mut parts = Parts::default();
    test_parts(&mut parts, toolchain, root);
    parts.run(Share::More, "a thousand kills", || crash(root, 1_000, 1));
    parts.run(Share::More, "every fault, every bomb", || every_fault(root));
    parts.run(Share::More, "fuzzing", || for_minutes(root, "fuzz", 10, 1));
    parts.run(Share::More, "a soak", || for_minutes(root, "soak", 10, 1));
    parts.run(Share::More, "a homeserver of Matrix", || homeserver(root));
    parts.run(Share::More, "bench", || bench(root, None));
    parts.finish()
}

/// Builds the tasks of every language: first those in Rust, then the program `bugle`, which
/// builds the others.
pub(crate) fn build_guests(toolchain: Toolchain, root: &Path) -> Result<()> {
    guests::build(toolchain, root)?;
    build(root)?;
    languages::build(root)
}

pub(crate) fn crash(root: &Path, kills: u32, seed: u64) -> Result<()> {
    build(root)?;
    run(cargo(root)
        .args(["test", "--workspace", "--test", "crash", "--locked", "--", "--nocapture"])
        .env("BUGLE_KILLS", kills.to_string())
        .env("BUGLE_SEED", seed.to_string()))
}

/// Lets each call of a disk fail, and power go after each, rather than at some; and compiles what takes
/// long to compile.
fn every_fault(root: &Path) -> Result<()> {
    let mut faults = tests(root, ["disk"]);
    run(faults.args(["--", "--nocapture"]).env("BUGLE_FAULTS", "100000").env("BUGLE_IMAGES", "6"))?;
    run(tests(root, ["probes"]).env("BUGLE_LONG", "1"))
}

/// Runs a program of the tests that goes on for as long as it is told.
pub(crate) fn for_minutes(root: &Path, program: &str, minutes: u32, seed: u64) -> Result<()> {
    build(root)?;
    run(Command::new(built(root, program))
        .args(["--minutes", &minutes.to_string(), "--seed", &seed.to_string()])
        .current_dir(root))
}

/// Lets people's programs watch a host.
pub(crate) fn observers(root: &Path) -> Result<()> {
    build(root)?;
    // The browser is driven by one of them.
    clients::set_up(root)?;
    observers::set_up(root)?;
    run(&mut tests(root, OBSERVERS))
}

/// Lets a homeserver of Matrix push to a host.
pub(crate) fn homeserver(root: &Path) -> Result<()> {
    build(root)?;
    clients::set_up_homeserver(root)?;
    run(Command::new(built(root, "homeserver")).current_dir(root))
}

pub(crate) fn bench(root: &Path, json: Option<&Path>) -> Result<()> {
    build(root)?;
    let mut bench = Command::new(built(root, "bench"));
    bench.current_dir(root);
    if let Some(json) = json {
        // Relative to where the command was given, not to the repository.
        bench.arg("--json").arg(std::path::absolute(json)?);
    }
    run(&mut bench)
}
