//! One task, many languages: every worked task comes to the same for the same cases, those of
//! `examples/mail/tests`. At the end there is a table of what each language costs.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use bugle::{Compiler, Limits, RunInput, TestTask};
use bugle_cases::{Case, CaseReport, Selection, Suite, select};
use bugle_sandbox::{Allocation, RunControl, Sandbox, admit};
use bugle_tests::Compiled;
use bugle_tests::program::target;
use libtest_mimic::{Arguments, Failed, Trial};

/// The worked tasks, each in a folder of its name in `target/guests/apps`.
const LANGUAGES: [(&str, &str); 9] = [
    ("Rust", "mail"),
    ("JavaScript", "mail-js"),
    ("TypeScript", "mail-ts"),
    ("Python", "mail-python"),
    ("C", "mail-c"),
    ("C++", "mail-cpp"),
    ("Go", "mail-go"),
    ("Zig", "mail-zig"),
    ("AssemblyScript", "mail-assemblyscript"),
];

/// The language that the others are measured by.
const YARDSTICK: &str = "C";

/// The case whose first push is what a run costs.
const MEASURED: &str = "one-mail";

/// How often that is run; the middle one counts.
const RUNS: usize = 101;

/// What one language costs.
struct Row {
    language: &'static str,
    bytes: usize,
    compile_ms: u128,
    run_us: u128,
    fuel: u64,
    memory: u64,
}

fn cases() -> Result<Vec<Case>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/mail/tests");
    let selection = Selection { paths: vec![folder.clone()], app: Some(folder), filter: None };
    let selected = select(&selection)?;
    Ok(selected.into_iter().flat_map(|(_, cases)| cases).collect())
}

/// Runs all cases twice against a language's task.
fn behaves(language: &'static str, name: &str) -> Result<Row> {
    let app = target().join("guests/apps").join(name);
    ensure!(
        app.join(bugle::MANIFEST_FILE).is_file(),
        "the task in {language} was not built: `target/guests/apps/{name}` is missing; build it with \
         `cargo xtask guests`"
    );
    let suite = Suite::open(&app, cases()?, Compiler::InProcess, None)?;
    let run_one = |task: &TestTask, input: &RunInput| suite.app.run(task, input);
    let mut wrong = Vec::new();
    let mut measured = None;
    suite.run(&run_one, 2, |case, report| {
        wrong.extend(differences(case, &report));
        if case.name() == MEASURED {
            measured = report.steps.first().cloned();
        }
        Ok::<(), bugle_cases::Error>(())
    })?;
    ensure!(wrong.is_empty(), "{name} behaves otherwise:\n  {}", wrong.join("\n  "));
    let measured = measured.with_context(|| format!("the case `{MEASURED}` is there"))?;
    let task = suite.app.task_for(measured.input.trigger.kind(), None)?;
    let (compile_ms, run_us) = cost(task.component(), &measured.input)?;
    Ok(Row {
        language,
        bytes: task.component().len(),
        compile_ms,
        run_us,
        fuel: measured.report.result.usage.fuel,
        memory: measured.report.result.usage.memory_bytes,
    })
}

fn differences(case: &Case, report: &CaseReport) -> Vec<String> {
    let mut lines = Vec::new();
    for (at, step) in report.steps.iter().enumerate() {
        for difference in &step.differences {
            let seen =
                difference.seen.as_ref().map_or_else(|| "nothing".into(), ToString::to_string);
            let (place, expected) = (difference.at(), &difference.expected);
            let step = at + 1;
            lines.push(format!(
                "{}, step {step}, {place}: expected {expected}, and saw {seen}",
                case.name()
            ));
        }
    }
    lines.extend(report.differs_in_repeat.map(|_| format!("{}: not the same twice", case.name())));
    lines
}

/// What compiling takes in ms, and a fresh run, from store to drop, in µs: as in production, with the
/// pool.
fn cost(component: &[u8], input: &RunInput) -> Result<(u128, u128)> {
    let sandbox = Sandbox::new(Allocation::Pooling)?;
    admit(component, &Limits::default())?;
    let begun = Instant::now();
    let compiled = Compiled::new(&sandbox, component)?;
    let compile_ms = begun.elapsed().as_millis();
    let prepared = compiled.load(&sandbox)?;
    let mut times: Vec<u128> = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let begun = Instant::now();
        let report = sandbox.run(&prepared, input, &RunControl::new());
        times.push(begun.elapsed().as_micros());
        ensure!(report.result.outcome.is_completed(), "{}", report.result.outcome);
    }
    times.sort_unstable();
    Ok((compile_ms, times[RUNS / 2]))
}

fn table(rows: &[Row]) -> String {
    let yardstick = rows.iter().find(|row| row.language == YARDSTICK).map(|row| row.run_us);
    let mut text = String::from(
        "| language | size KB | compile ms | fresh run µs | of C's | fuel | memory KiB |\n\
         |---|--:|--:|--:|--:|--:|--:|\n",
    );
    for row in rows {
        let ratio = yardstick.map_or_else(String::new, |c| {
            let tenths = row.run_us * 10 / c.max(1);
            format!("{}.{}", tenths / 10, tenths % 10)
        });
        text += &format!(
            "| {} | {} | {} | {} | {ratio} | {} | {} |\n",
            row.language,
            row.bytes / 1_000,
            row.compile_ms,
            row.run_us,
            row.fuel,
            row.memory / 1_024
        );
    }
    text
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Times are measured: one at a time.
    arguments.test_threads = Some(1);
    let rows: Arc<Mutex<Vec<Row>>> = Arc::default();
    let trial = |(language, name): (&'static str, &'static str)| {
        let rows = Arc::clone(&rows);
        Trial::test(format!("{name}_behaves_as_mail"), move || {
            let row =
                behaves(language, name).map_err(|error| Failed::from(format!("{error:#}")))?;
            rows.lock().unwrap_or_else(PoisonError::into_inner).push(row);
            Ok(())
        })
    };
    let conclusion = libtest_mimic::run(&arguments, LANGUAGES.into_iter().map(trial).collect());
    let rows = rows.lock().unwrap_or_else(PoisonError::into_inner);
    if !rows.is_empty() {
        println!("{}", table(&rows));
        // Where a reader finds it after the suite has run.
        let kept = fs::write(target().join("languages.md"), table(&rows));
        kept.unwrap_or_else(|error| eprintln!("the table is not kept: {error}"));
    }
    conclusion.exit_code()
}
