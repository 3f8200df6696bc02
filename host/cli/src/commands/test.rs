//! `bugle test`: the cases of an app, in the sandbox of production.

use std::io;
use std::path::Path;
use std::time::Duration;

use bugle::{RunInput, TestApp, TestTask, TraceDepth};
use bugle_cases::{Case, CaseReport, FuzzEnd, FuzzPlan, Selection, Suite};
use serde_json::{Value, json};

use crate::access;
use crate::args::TestArgs;
use crate::coverage;
use crate::failure::{Ended, Failure};
use crate::output::{self, Look, Output};
use crate::progress::Progress;
use crate::verdict;

/// A case that was run, and what was changed in its file.
pub(crate) struct Done {
    pub(crate) case: Case,
    pub(crate) report: CaseReport,
    pub(crate) accepted: Vec<String>,
}

pub(crate) fn test(args: &TestArgs, output: &Output) -> Result<Ended, Failure> {
    let is_annotated =
        args.github || std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true");
    let suites = open(args);
    if let (true, Err(failure)) = (is_annotated, &suites) {
        output.say_beside(&verdict::annotation(failure))?;
    }
    let suites = suites?;
    if let Some(end) = fuzz_end(args) {
        return fuzz(&suites, FuzzPlan { seed: args.seed, end }, output);
    }
    let mut done = Vec::new();
    for suite in &suites {
        run(suite, args, output, &mut done)?;
    }
    if let Some(path) = &args.junit {
        let reports: Vec<_> =
            done.iter().map(|done| (done.case.clone(), done.report.clone())).collect();
        let name = suites.first().map_or("bugle", |suite| suite.app.id().as_str());
        output::write_file(path, &bugle_cases::junit(name, &reports))?;
    }
    let coverages = coverage::of(suites.iter().map(|suite| &suite.app));
    if let Some(path) = &args.lcov {
        coverage::write_lcov(&coverages, path)?;
    }
    if is_annotated {
        for line in done.iter().flat_map(verdict::annotations) {
            output.say_beside(&line)?;
        }
    }
    let failed = done.iter().filter(|done| !done.report.is_passed()).count();
    let json = || {
        let mut json = json!({
            "cases": done.iter().map(verdict::json).collect::<Value>(),
            "passed": done.len() - failed,
            "failed": failed,
        });
        if args.coverage {
            json["coverage"] = json!(coverages);
        }
        json
    };
    output.say_json_or(json, || {
        let shown = coverages.iter().filter(|_| args.coverage);
        let coverage: String =
            shown.map(|coverage| coverage::in_words(coverage, output.paint)).collect();
        coverage + &verdict::summary(&done, output.paint)
    })?;
    Ok(if failed == 0 { Ended::Well } else { Ended::TaskFailed })
}

/// Reads what is to be run, and compiles what it runs on.
fn open(args: &TestArgs) -> Result<Vec<Suite>, Failure> {
    let selection =
        Selection { paths: args.paths.clone(), app: args.app.clone(), filter: args.filter.clone() };
    let selected = bugle_cases::select(&selection)?;
    if !args.accept {
        let mut cases = selected.iter().flat_map(|(_, cases)| cases);
        cases.try_for_each(Case::check_expects)?;
    }
    let (compiler, cache) = (access::compiler()?, access::cache_dir());
    let progress = Progress::of("compiling");
    let suites = selected.into_iter().map(|(app, cases)| {
        let (compiler, cache) = (compiler.clone(), cache.as_deref());
        let suite = if is_traced(args) {
            let traced = TestApp::open_traced(&app, compiler, cache, TraceDepth::Function);
            traced.map_err(bugle_cases::Error::from).and_then(|app| Suite::of(app, cases))
        } else {
            Suite::open(&app, cases, compiler, cache)
        };
        suite.map_err(|error| of_app(&app, error))
    });
    let suites = suites.collect();
    drop(progress);
    suites
}

fn is_traced(args: &TestArgs) -> bool {
    args.coverage || args.lcov.is_some()
}

/// A folder without its component is a project that was not built.
fn of_app(app: &Path, error: bugle_cases::Error) -> Failure {
    let is_missing = matches!(
        &error,
        bugle_cases::Error::Host(bugle::Error::File { path, source })
            if source.kind() == io::ErrorKind::NotFound && path != app
    );
    let failure = Failure::from(error);
    if is_missing {
        let hint =
            format!("build it with `bugle build {}`, or name it with `--app`", app.display());
        return failure.hint(hint);
    }
    failure
}

fn run(
    suite: &Suite,
    args: &TestArgs,
    output: &Output,
    done: &mut Vec<Done>,
) -> Result<(), Failure> {
    let width = suite.cases.iter().map(|case| case.name().chars().count()).max().unwrap_or(0);
    let run_one = |task: &TestTask, input: &RunInput| suite.app.run(task, input);
    suite.run(&run_one, args.repeat, |case, report| {
        let one = if args.accept && (!report.is_passed() || !case.expects_something()) {
            accept(suite, case, &report)?
        } else {
            Done { case: case.clone(), report, accepted: Vec::new() }
        };
        if !output.is_json {
            output::write(&verdict::text(&one, width, output.paint))?;
        }
        done.push(one);
        Ok(())
    })
}

/// Writes what was seen into the case's file, and runs the case as it is then.
fn accept(suite: &Suite, case: &Case, report: &CaseReport) -> Result<Done, Failure> {
    let accepted = bugle_cases::accept(case, report)?;
    let case = Case::parse(case.file(), accepted.text.clone())?;
    let run_one = |task: &TestTask, input: &RunInput| suite.app.run(task, input);
    let report = case.run(&suite.app, &run_one, 1)?;
    output::write_file(case.file(), &accepted.text)?;
    Ok(Done { case, report, accepted: accepted.changes })
}

fn fuzz_end(args: &TestArgs) -> Option<FuzzEnd> {
    let seconds = args.fuzz.map(|seconds| FuzzEnd::After(Duration::from_secs(seconds)));
    seconds.or(args.fuzz_runs.map(FuzzEnd::Runs))
}

fn fuzz(suites: &[Suite], plan: FuzzPlan, output: &Output) -> Result<Ended, Failure> {
    let (mut findings, mut runs) = (Vec::new(), 0);
    for suite in suites {
        let run_one = |task: &TestTask, input: &RunInput| suite.app.run(task, input);
        let progress = Progress::of("looking for traps and limits");
        let report = bugle_cases::fuzz(suite, &run_one, plan, |_| {});
        drop(progress);
        let report = report?;
        runs += report.runs;
        findings.extend(report.findings);
    }
    for finding in &findings {
        // A fault that has a case already keeps it.
        if !finding.file.exists() {
            output::write_file(&finding.file, &finding.text)?;
        }
    }
    let json = || {
        json!({
            "runs": runs,
            "findings": findings.iter().map(verdict::finding_json).collect::<Value>(),
        })
    };
    output.say_json_or(json, || {
        let mut text: String =
            findings.iter().map(|finding| verdict::finding_text(finding, output.paint)).collect();
        let found = match findings.len() {
            0 => output.paint.with(Look::Good, "nothing found"),
            count => output.paint.with(Look::Bad, format!("{count} found")),
        };
        text += &format!("{found} in {runs} runs from seed {}\n", plan.seed);
        text
    })?;
    Ok(if findings.is_empty() { Ended::Well } else { Ended::TaskFailed })
}
