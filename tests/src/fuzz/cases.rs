//! Case files: read, run on the puppet, and accepted.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use bugle::{Compiler, MANIFEST_FILE, RunInput, RunReport, TestApp, TestTask};
use bugle_cases::{Case, Error, Suite, accept};
use tempfile::TempDir;

use super::Target;
use super::dice::Dice;
use super::input;
use super::manifest::{check_line, check_one_line};
use super::mutate::mutate;
use crate::puppet;

/// Larger than any case that a person writes.
const BYTES_MAX: usize = 64 * 1024;

/// A case may ask for as much as any limit has at the most, which a test of cases does not wait for.
const FUEL_MAX: u64 = 2_000_000;
/// More than the fuel takes on a busy machine.
const WATCHDOG_MS: u64 = 5_000;

/// The name under which a case is read.
const FILE: &str = "case.toml";

/// What case files say, of `host/docs/TESTING.md`.
const WORDS: &[&str] = &[
    "[before]",
    "[before.settings]",
    "[[step]]",
    "[step.expect]",
    "[[step.expect.toasts]]",
    "about",
    "push",
    "push.text",
    "push.json",
    "push.base64",
    "push.file",
    "application",
    "custom",
    "toast-activated",
    "toast-dismissed",
    "timer",
    "channel-expiring",
    "system",
    "after",
    "attempt",
    "run",
    "limits",
    "fuel",
    "expect",
    "outcome",
    "message",
    "settings",
    "settings-only",
    "toasts",
    "badge",
    "log",
    "progress",
    "resume-work",
    "fuel-max",
    "wall-ms-max",
    "absent",
    "matches",
    "any",
    "contains",
    "base64",
    "timestamp",
    "\"90s\"",
    "\"106751991167d\"",
    "seed",
    "time",
    "attempts-max",
    "toasts-left",
    "permissions",
    "title",
    "body",
    "tag",
    "expires-after",
    "fraction",
    "nan",
    "inf",
    "2026-01-31T12:00:00Z",
    "1969-12-31T23:59:59Z",
    "9999-12-31T23:59:60.999999999+23:59",
];

/// What the puppet does, and what it must come to.
const SEEDS: [&str; 4] = [
    r#"about = "a toast, then what is no text"
task = "act"

[before]
time = 2026-01-31T12:00:00Z
attempt = 2
settings-version = 3
badge = 7
toasts-left = 2
toasts = [{ title = "old", tag = "t", expires-after = "2h" }]
permissions = { toasts = true, image-hosts = ["example.org"] }
limits = { fuel = 100_000 }

[before.settings]
n = 5
"a/b" = { base64 = "AAEC" }
f = nan
t = 2026-01-31T12:00:00Z

[[step]]
push.text = "tone"
after = "90s"
[step.expect]
outcome = "completed"
toasts = [{ title = "one" }]
settings = { n = 6 }
log = [{ matches = "t.*" }]
fuel-max = 50_000
wall-ms-max = 5_000

[[step]]
push = { base64 = "eP8=", channel = "inbox", content-type = "text/plain", headers = { a = "b" } }
run = "run-7.2"
[step.expect]
outcome = "trapped"
settings-only = true
"#,
    "[[step]]\napplication.text = \"p\"\n[step.expect]\nprogress = 50\n\
     [[step]]\ncustom = { kind = \"com.example.x\", json = { a = [1, 2.5, null] } }\n",
    "[[step]]\npush.text = \"ftext\"\n[step.expect]\noutcome = \"failed\"\nmessage = \"text\"\n\
     toasts = []\n[[step]]\npush.text = \"owork\"\n",
    "[[step]]\npush.text = \"l\"\nlimits = { fuel = 1_000 }\n[step.expect]\noutcome = \"out-of-fuel\"\n\
     [[step]]\npush.text = \"W\"\n[step.expect]\noutcome = \"retry\"\nbadge = \"none\"\n",
];

/// Case files.
pub(super) struct Cases {
    suite: Suite,
    _folder: TempDir,
}

impl Cases {
    pub(super) fn open() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        puppet("com.example.puppet").write(folder.path())?;
        let app = TestApp::open(folder.path(), Compiler::InProcess, None)?;
        Ok(Self { suite: Suite::of(app, Vec::new())?, _folder: folder })
    }

    /// A case that is read is run, what was seen is accepted, and is then as it is expected.
    fn run(&self, case: &Case) -> Result<String> {
        let app = &self.suite.app;
        if let Err(error) = case.prepare(app) {
            return refused(&error, None);
        }
        let report = match case.run(app, &run_bounded(app), 2) {
            Ok(report) => report,
            Err(error) => return refused(&error, None),
        };
        ensure!(report.differs_in_repeat.is_none(), "repeat: a run came to something else");
        let outcomes: Vec<&str> =
            report.steps.iter().map(|step| step.report.result.outcome.code()).collect();
        let behaviour = format!("{} {}", report.is_passed(), outcomes.join(" "));
        let accepted = match accept(case, &report) {
            Ok(accepted) => accepted,
            Err(error) => return Ok(behaviour + &refused(&error, None)?),
        };
        let again = Case::parse(Path::new(FILE), accepted.text);
        let again = again.map_err(|error| anyhow::anyhow!("accepted: it is no case: {error}"))?;
        let steps = again.run(app, &run_bounded(app), 1)?.steps;
        // Real time is not accepted.
        let left = steps.iter().flat_map(|step| &step.differences);
        let mut left = left.filter(|difference| difference.at() != "wall-ms-max");
        if let Some(difference) = left.next() {
            anyhow::bail!("accepted: it does not pass: {difference:?}");
        }
        Ok(behaviour)
    }
}

/// With no more fuel and time than a case here may take.
fn run_bounded(
    app: &TestApp,
) -> impl Fn(&TestTask, &RunInput) -> Result<RunReport, bugle::Error> + Sync + use<'_> {
    |task, input| {
        let mut input = input.clone();
        input.limits.fuel = input.limits.fuel.min(FUEL_MAX);
        input.limits.watchdog_ms = WATCHDOG_MS;
        app.run(task, &input)
    }
}

fn refused(error: &Error, text: Option<&str>) -> Result<String> {
    let said = error.to_string();
    if let (Error::Case { .. }, Some(text)) = (error, text) {
        check_line(&said, FILE, text)?;
    }
    check_one_line(&said)?;
    ensure!(error.is_usage(), "fault: the host's own: {said}");
    Ok(format!("{} {said}", error.code()))
}

impl Target for Cases {
    fn time_max(&self) -> Duration {
        // Some hundred steps of the most fuel, three times each.
        Duration::from_secs(60)
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        let is_case = |path: &Path| {
            path.extension().is_some_and(|ending| ending == "toml")
                && !path.ends_with(MANIFEST_FILE)
                && path.parent().is_some_and(|folder| folder.ends_with("tests"))
        };
        let mut seeds = input::files_of_examples(is_case);
        seeds.extend(SEEDS.iter().map(|seed| seed.as_bytes().to_vec()));
        seeds
    }

    fn next(&self, corpus: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
        mutate(corpus, WORDS, dice, BYTES_MAX)
    }

    fn check(&mut self, input: &[u8]) -> Result<String> {
        // A file that is no UTF-8 is refused before it is parsed.
        let text = String::from_utf8_lossy(input);
        match Case::parse(Path::new(FILE), text.clone().into_owned()) {
            Ok(case) => {
                ensure!(case.steps() > 0, "steps: a case has none");
                self.run(&case)
            }
            Err(error) => refused(&error, Some(&text)),
        }
    }
}
