//! The same task in every language: a fresh run of each beside that of the task in C.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use bugle_sandbox::{Allocation, Prepared, Sandbox};
use bugle_task::RunInput;

use crate::figure::{Figures, quantile};
use crate::fresh_run::{input, prepare, run};

/// A language's app below `target/guests/apps`, and how many runs of the task in C its run may take.
/// None where no figure was set.
const LANGUAGES: [(&str, Option<f64>); 9] = [
    ("mail-c", None),
    ("mail", Some(1.5)),
    ("mail-js", Some(8.0)),
    ("mail-ts", Some(8.0)),
    ("mail-go", Some(10.0)),
    ("mail-python", Some(25.0)),
    ("mail-cpp", None),
    ("mail-zig", None),
    ("mail-assemblyscript", None),
];

const PUSH: &str = r#"[{"id":"17","from":"Ada","subject":"Notes on the engine"}]"#;
/// Taken in turns, so that what else the machine does meets all of them.
const ROUNDS: usize = 40;
/// For each language in a round: some runs of the slow, many of the quick.
const ROUND_TIME: Duration = Duration::from_millis(8);

struct Language {
    name: &'static str,
    most: Option<f64>,
    prepared: Prepared,
    samples: Vec<f64>,
}

pub(crate) fn measure(apps: &Path, figures: &mut Figures) -> Result<()> {
    let sandbox = Sandbox::new(Allocation::Pooling)?;
    let input = input(PUSH.into())?;
    let load = |(name, most): (&'static str, _)| -> Result<Language> {
        let path = apps.join(name).join("mail.wasm");
        let component = std::fs::read(&path).with_context(|| {
            format!("`{}` is not built; run `cargo xtask guests`", path.display())
        })?;
        let prepared = prepare(&sandbox, &component).with_context(|| name.to_owned())?;
        Ok(Language { name, most, prepared, samples: Vec::new() })
    };
    let mut languages = LANGUAGES.into_iter().map(load).collect::<Result<Vec<_>>>()?;
    for _ in 0..ROUNDS {
        for language in &mut languages {
            let time = micros(&sandbox, &language.prepared, &input);
            language.samples.push(time.with_context(|| language.name.to_owned())?);
        }
    }
    report(&mut languages, figures);
    Ok(())
}

fn report(languages: &mut [Language], figures: &mut Figures) {
    let mut yardstick = f64::NAN;
    for language in languages {
        let micros = quantile(&mut language.samples, 0.5);
        if language.name == "mail-c" {
            yardstick = micros;
        }
        figures.note(format!("fresh run, {}", language.name), micros, "us");
        let name = format!("fresh run, {} / mail-c", language.name);
        match language.most {
            Some(most) => figures.at_most(name, micros / yardstick, "", most),
            None => figures.note(name, micros / yardstick, ""),
        }
    }
}

/// The mean time of one run, over as many as fit a round.
fn micros(sandbox: &Sandbox, prepared: &Prepared, input: &RunInput) -> Result<f64> {
    let started = Instant::now();
    let mut runs = 0_u32;
    while runs == 0 || started.elapsed() < ROUND_TIME {
        run(sandbox, prepared, input)?;
        runs += 1;
    }
    Ok(started.elapsed().as_secs_f64() * 1e6 / f64::from(runs))
}
