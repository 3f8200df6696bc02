//! The same task in every language: a fresh run of each, with all limits on, beside the one in C.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use bugle_sandbox::{Allocation, Prepared, RunControl, Sandbox};
use bugle_task::RunInput;

use crate::figure::{Figures, quantile};
use crate::fresh_run::{input, micros, prepare};

/// Rounds of all languages, taken in turns, so that what else the machine does meets all.
const ROUNDS: usize = 30;
const RUNS_A_ROUND: u32 = 20;

/// What the others are divided by: C has no runtime, so that this is what a run costs anyway.
const BASE: &str = "mail-c";

const MAILS: &str = r#"[{"id":"a1","from":"Ada","subject":"Notes"}]"#;

/// One of the worked tasks.
struct Language {
    /// The app's folder.
    app: &'static str,
    ratio: &'static str,
    time: &'static str,
    /// How many times what C takes it may take; none if it is for orientation.
    ratio_max: Option<f64>,
}

macro_rules! language {
    ($app:literal, $ratio_max:expr) => {
        Language {
            app: $app,
            ratio: concat!("fresh run of ", $app, " / of mail-c"),
            time: concat!("fresh run of ", $app),
            ratio_max: $ratio_max,
        }
    };
}

/// Every worked task. `mail` is the one in Rust.
const LANGUAGES: [Language; 9] = [
    language!("mail-c", None),
    language!("mail", Some(1.5)),
    language!("mail-cpp", None),
    language!("mail-zig", None),
    language!("mail-assemblyscript", None),
    language!("mail-js", Some(8.0)),
    language!("mail-ts", None),
    language!("mail-go", Some(10.0)),
    language!("mail-python", Some(25.0)),
];

/// A task that is ready to run, with the mean time of a run in each round.
struct Measured {
    language: Language,
    task: Prepared,
    micros: Vec<f64>,
}

pub(crate) fn measure(apps: &Path, figures: &mut Figures) -> Result<()> {
    let sandbox = Sandbox::new(Allocation::Pooling)?;
    let input = input(MAILS.into())?;
    let mut measured = Vec::new();
    for language in LANGUAGES {
        let task = prepare(&sandbox, &component(&apps.join(language.app))?)?;
        measured.push(Measured { language, task, micros: Vec::new() });
    }
    for _ in 0..ROUNDS {
        for Measured { language, task, micros: times } in &mut measured {
            let run = || run(&sandbox, task, &input);
            times.push(micros(RUNS_A_ROUND, run).with_context(|| language.app)?);
        }
    }
    let medians: Vec<(Language, f64)> = measured
        .into_iter()
        .map(|mut measured| (measured.language, quantile(&mut measured.micros, 0.5)))
        .collect();
    let base = medians.iter().find(|(language, _)| language.app == BASE);
    let (_, base) = base.context("C is among the languages")?;
    for (language, time) in &medians {
        match language.ratio_max {
            Some(ratio_max) => figures.at_most(language.ratio, time / base, "", ratio_max),
            None => figures.note(language.ratio, time / base, ""),
        }
        figures.note(language.time, *time, "us");
    }
    Ok(())
}

fn run(sandbox: &Sandbox, task: &Prepared, input: &RunInput) -> Result<()> {
    let report = sandbox.run(task, input, &RunControl::new());
    ensure!(report.result.outcome.is_completed(), "{:?}", report.result.outcome);
    Ok(())
}

/// The one component of an app's folder.
fn component(app: &Path) -> Result<Vec<u8>> {
    let missing = || format!("no task in `{}`; run `cargo xtask guests`", app.display());
    for entry in std::fs::read_dir(app).with_context(missing)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            return Ok(std::fs::read(path)?);
        }
    }
    anyhow::bail!(missing())
}
