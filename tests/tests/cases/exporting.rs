//! A run as a case file.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use bugle::{Compiler, RunInput, TestTask};
use bugle_cases::{Case, CaseReport, ExpectOf, Suite, export};
use bugle_tests::AppSource;
use bugle_tests::program::Place;

use crate::Scene;

/// Every kind of trigger, and everything that an app can be before one.
const CASES: [&str; 9] = [
    r#"
[before]
time = 2026-01-31T12:00:00.123Z
seed = "0101010101010101010101010101010101010101010101010101010101010101"
attempt = 2
attempts-max = 3
settings-version = 4
badge = "new-message"
toasts-left = 1
permissions = { toasts = false, image-hosts = ["img.example.org"] }
limits = { fuel = 900_000, toasts = 2 }
settings = { n = 1, "a/b" = 1.0, c = nan, d = true, e = { base64 = "/w==" }, f = { timestamp = 5 } }
[[step]]
run = "run-17.4"
push.base64 = "/wA="
push.channel = "alerts"
push.content-type = "a/b"
push.headers = [["x", "1"], ["y", "2"], ["x", "3"]]
push.received-at = 2026-01-31T11:00:00Z
"#,
    "[[step]]\npush.text = \"tone\\u0000 'two' \\\"\\\"\\\" \\n\"\npush.headers = { B = \"c\" }\n",
    "[[step]]\napplication.json = [1, { b = 1, a = [] }]\n",
    "[[step]]\ncustom = { kind = \"com.example.x\", text = \"\" }\n",
    "[[step]]\ntoast-activated = { tag = \"a\", argument = \"b\", inputs = { c = \"d\" } }\n",
    "[[step]]\ntoast-dismissed = { group = \"a\", reason = \"expired\" }\n",
    "[[step]]\nafter = \"5d\"\ntimer = { name = \"hourly\", missed = 2 }\n",
    "[[step]]\nchannel-expiring = { channel = \"inbox\", expires-at = 2026-01-01T00:00:00Z }\n",
    "[[step]]\nsystem = { app-updated = \"1.0\" }\n[[step]]\nsystem = \"user-away\"\n",
];

fn run(suite: &Suite, case: &Case) -> Result<CaseReport> {
    let run_one = |task: &TestTask, input: &RunInput| suite.app.run(task, input);
    Ok(case.run(&suite.app, &run_one, 1)?)
}

/// The case that a run becomes has the run's input, to the last field, and holds.
#[test]
fn a_run_that_is_exported_runs_again_as_it_was() -> Result<()> {
    let scene = Scene::new()?;
    let app = scene.place.folder().join("puppet");
    let suite = Suite::open(&app, Vec::new(), Compiler::InProcess, None)?;
    for text in CASES {
        let case = Case::parse(Path::new("kept.toml"), text.to_owned())?;
        for step in run(&suite, &case)?.steps {
            let text = export("Kept", &step.input, &step.report, ExpectOf::Report);
            let again = Case::parse(Path::new("exported.toml"), text.clone())
                .with_context(|| text.clone())?;
            again.check_expects()?;
            let report = run(&suite, &again)?;
            assert!(report.is_passed(), "{text}\n{report:#?}");
            // Compared as text, in which not-a-number is like itself.
            let (kept, ran) = (&step.input, &report.steps[0].input);
            assert_eq!(format!("{ran:?}"), format!("{kept:?}"), "{text}");
            assert_eq!(report.steps[0].report.result, step.report.result);
        }
    }
    Ok(())
}

#[test]
fn an_exported_case_is_read_by_people() -> Result<()> {
    let scene = Scene::new()?;
    let app = scene.place.folder().join("puppet");
    let suite = Suite::open(&app, Vec::new(), Compiler::InProcess, None)?;
    let text = "[before.settings]\nn = 1\n[[step]]\npush.json = \"tone\"\n";
    let case = Case::parse(Path::new("kept.toml"), text.to_owned())?;
    let step = run(&suite, &case)?.steps.remove(0);
    insta::assert_snapshot!(export("Kept", &step.input, &step.report, ExpectOf::Report), @r#"
    about = "Kept"
    task = "act"

    [before]
    time = 2026-01-01T00:00:00Z
    permissions = { toasts = true, image-hosts = [] }

    [before.settings]
    n = 1

    [[step]]
    run = "run-1.1"
    push.channel = "inbox"
    push.text = '"tone"'
    push.content-type = "application/json"

    [step.expect]
    outcome = "completed"
    settings-only = true
    log = ['"tone"']
    resume-work = {}
    toasts = []

    [step.expect.settings]
    n = 2
    "#);
    Ok(())
}

/// Mails that a host is pushed, a minute apart; some come again.
const PUSHES: [&str; 4] = [
    r#"[{"id":"1","from":"Ada","subject":"One"},{"id":"2","from":"Bob","subject":"Two"}]"#,
    r#"[{"id":"3","from":"Cyd","subject":"Three"}]"#,
    r#"[{"id":"1","from":"Ada","subject":"One again"}]"#,
    r#"[{"id":"1","from":"Ada","subject":"One again"}]"#,
];

/// What a host made of pushes is what a case makes of them: the state that each run began with, what
/// it did, and the toasts that are there in the end.
#[test]
fn a_case_goes_from_step_to_step_as_a_host_does() -> Result<()> {
    let mail = AppSource::example("mail")?;
    let scene = bugle_tests::Scene::builder().app(mail.clone()).start()?;
    for push in PUSHES {
        scene.push("inbox", push)?;
        scene.settle();
        scene.pass(Duration::from_secs(60));
    }
    let place = Place::new()?;
    let suite = Suite::open(&place.app("mail", &mail)?, Vec::new(), Compiler::InProcess, None)?;
    let steps = PUSHES.map(|push| format!("[[step]]\nafter = \"1m\"\npush.text = '{push}'\n"));
    let shown = scene.app().toasts()?;
    let shown = shown.iter().map(|shown| format!("{{ body = \"{}\" }}", shown.toast.body));
    let shown = shown.collect::<Vec<_>>().join(", ");
    let text = format!("{}[step.expect]\nshown = [{shown}]\n", steps.concat());
    let case = Case::parse(Path::new("sequence.toml"), text)?;
    let sequence = run(&suite, &case)?;
    assert!(sequence.is_passed(), "{sequence:#?}");

    let runs: Vec<_> = scene.runs().iter().map(|summary| summary.run).collect();
    assert_eq!(runs.len(), PUSHES.len());
    for (step, run_id) in sequence.steps.iter().zip(runs) {
        let kept = scene.reader().run(run_id)?;
        assert_eq!(step.input.snapshot, kept.input.snapshot);
        assert_eq!(step.report.result.effects, kept.report.result.effects);
        let text = export("Kept", &kept.input, &kept.report, ExpectOf::Report);
        let exported = run(&suite, &Case::parse(Path::new("kept.toml"), text)?)?;
        assert!(exported.is_passed(), "{exported:#?}");
        assert_eq!(exported.steps[0].report.result, kept.report.result);
    }
    Ok(())
}
