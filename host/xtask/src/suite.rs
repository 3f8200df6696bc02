//! Every test, in parts, each with its time.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::guests::{self, Toolchain};
use crate::tool::{build, built, cargo, run};

/// How long all of `cargo xtask test` may take on two cores with nothing built and nothing fetched.
const BUDGET: Duration = Duration::from_secs(20 * 60);

/// The parts that have run, with what came of each.
#[derive(Default)]
struct Parts(Vec<(&'static str, Duration, Result<()>)>);

impl Parts {
    /// Runs a part. What fails does not keep the rest from running, unless the rest needs it.
    fn run(&mut self, name: &'static str, part: impl FnOnce() -> Result<()>) -> bool {
        eprintln!("\n== {name}");
        let started = Instant::now();
        let result = part();
        if let Err(error) = &result {
            eprintln!("== {name} failed: {error:#}");
        }
        let is_ok = result.is_ok();
        self.0.push((name, started.elapsed(), result));
        is_ok
    }

    fn finish(self) -> Result<()> {
        eprintln!("\n{:<34} minutes", "part");
        for (name, time, result) in &self.0 {
            let state = if result.is_ok() { "" } else { "  failed" };
            eprintln!("{name:<34} {:>7.1}{state}", minutes(*time));
        }
        let all: Duration = self.0.iter().map(|(_, time, _)| *time).sum();
        eprintln!("{:<34} {:>7.1}", "all", minutes(all));
        if all > BUDGET {
            eprintln!("warning: this is over the budget of {:.0} minutes", minutes(BUDGET));
        }
        let failed: Vec<&str> =
            self.0.iter().filter(|(.., result)| result.is_err()).map(|(name, ..)| *name).collect();
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
    let has_guests = parts.run("guests", || guests::build(toolchain, root).map(drop));
    let is_built = parts.run("build", || build(root));
    if !(has_guests && is_built) {
        return;
    }
    parts.run("format", || run(cargo(root).args(["fmt", "--all", "--check"])));
    parts.run("tests", || {
        run(cargo(root).args([
            "test",
            "--workspace",
            "--all-targets",
            "--locked",
            "--no-fail-fast",
        ]))
    });
    parts.run("documentation tests", || {
        run(cargo(root).args(["test", "--workspace", "--doc", "--locked", "--no-fail-fast"]))
    });
    parts.run("example: embed", || {
        run(std::process::Command::new(built(root, "embed")).current_dir(root))
    });
    parts.run("lints", || {
        let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
        run(cargo(root).args(clippy))
    });
}

pub(crate) fn full(toolchain: Toolchain, root: &Path) -> Result<()> {
    let mut parts = Parts::default();
    test_parts(&mut parts, toolchain, root);
    parts.run("a thousand kills", || crash(root, 1_000, 1));
    parts.run("bench", || bench(root, None));
    parts.finish()
}

pub(crate) fn crash(root: &Path, kills: u32, seed: u64) -> Result<()> {
    build(root)?;
    run(cargo(root)
        .args(["test", "--workspace", "--test", "crash", "--locked", "--", "--nocapture"])
        .env("BUGLE_KILLS", kills.to_string())
        .env("BUGLE_SEED", seed.to_string()))
}

pub(crate) fn bench(root: &Path, json: Option<&Path>) -> Result<()> {
    build(root)?;
    let mut bench = std::process::Command::new(built(root, "bench"));
    bench.current_dir(root);
    if let Some(json) = json {
        // Relative to where the command was given, not to the repository.
        bench.arg("--json").arg(std::path::absolute(json)?);
    }
    run(&mut bench)
}
