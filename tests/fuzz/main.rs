//! `cargo xtask fuzz`: looks for what does not hold of inputs, for as long as it is told to.
//!
//! `fuzz [--minutes N | --cases N] [--target NAME]… [--seed S]` tries inputs at each target, or at all
//! of them in turn, and shares the minutes among them. `fuzz --target NAME --replay FILE` tries one
//! input again. Findings are written to `target/fuzz/findings`; one becomes a regression by moving it to
//! `tests/fuzz/regressions/NAME`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use bugle_tests::fuzz::{Done, End, Plan, TARGETS, replay, run, show};

/// Enough for each target to have tried what its seeds lead to.
const MINUTES: u64 = 10;

/// What was asked for.
struct Asked {
    end: Option<End>,
    targets: Vec<String>,
    seed: u64,
    replay: Option<PathBuf>,
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    // This program again, whose terminal shows toasts.
    if args == ["show"] {
        return show();
    }
    let asked = asked(&args)?;
    let program = std::env::current_exe()?;
    let findings = target_folder(&program).join("fuzz/findings");
    let all = Duration::from_secs(60 * MINUTES);
    let count = u32::try_from(asked.targets.len())?;
    let end = match asked.end.unwrap_or(End::After(all)) {
        End::After(time) => End::After(time / count.max(1)),
        cases @ End::Cases(_) => cases,
    };
    let plan = Plan { seed: asked.seed, end, findings, program };
    if let Some(file) = asked.replay {
        let [target] = asked.targets.as_slice() else { bail!("say of which `--target` it is") };
        replay(target, &[file], &plan)?;
        println!("{target}: all holds");
        return Ok(());
    }
    let mut found = 0;
    for target in &asked.targets {
        let begun = Instant::now();
        let done = run(target, &plan)?;
        found += done.findings.len();
        print(target, &done, begun.elapsed());
    }
    ensure!(found == 0, "{found} findings, in {}", plan.findings.display());
    Ok(())
}

fn asked(args: &[String]) -> Result<Asked> {
    let mut asked = Asked { end: None, targets: Vec::new(), seed: 1, replay: None };
    let mut args = args.iter();
    while let Some(name) = args.next() {
        let value = args.next().with_context(|| format!("`{name}` needs a value"))?;
        match name.as_str() {
            "--minutes" => {
                asked.end = Some(End::After(Duration::from_secs(60 * value.parse::<u64>()?)));
            }
            "--cases" => asked.end = Some(End::Cases(value.parse()?)),
            "--target" => asked.targets.push(value.clone()),
            "--seed" => asked.seed = value.parse()?,
            "--replay" => asked.replay = Some(value.into()),
            _ => bail!(
                "usage: fuzz [--minutes N | --cases N] [--target NAME]… [--seed S] [--replay FILE]"
            ),
        }
    }
    if asked.targets.is_empty() {
        asked.targets = TARGETS.map(str::to_owned).into();
    }
    Ok(asked)
}

fn print(target: &str, done: &Done, time: Duration) {
    let Done { cases, behaviours, findings, .. } = done;
    let seconds = done.time.as_secs_f64().max(f64::EPSILON);
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = *cases as f64 / seconds;
    println!(
        "{target:<10} {cases:>9} cases, {rate:>8.0}/s, {behaviours:>5} behaviours, {} findings, {} s",
        findings.len(),
        time.as_secs()
    );
}

/// The folder that this program was built into: `target`.
fn target_folder(program: &Path) -> PathBuf {
    program.ancestors().nth(2).map_or_else(|| "target".into(), Path::to_owned)
}
