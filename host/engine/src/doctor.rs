use std::path::Path;
use std::process::Command;

use bugle_sandbox::{Allocation, Compiler, Sandbox};
use serde::Serialize;

use crate::Reader;

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// What was looked at.
    pub what: &'static str,
    /// How it is.
    pub state: State,
    /// What was found.
    pub detail: String,
    /// What to do, if something is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// As it should be.
    Ok,
    /// Usable, but worth knowing.
    Warn,
    /// Something will not work.
    Bad,
}

impl Finding {
    fn ok(what: &'static str, detail: impl Into<String>) -> Self {
        Self { what, state: State::Ok, detail: detail.into(), hint: None }
    }

    fn not_ok(what: &'static str, state: State, detail: impl Into<String>, hint: &str) -> Self {
        Self { what, state, detail: detail.into(), hint: Some(hint.to_owned()) }
    }
}

/// Looks at what a host on this machine needs: its data folder, the engine, the compiler's child, the
/// system's limits, and the tools that build tasks. Writes nothing; a running host is not disturbed.
#[must_use]
pub fn doctor(data_dir: Option<&Path>, compiler: &Compiler) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(data_dir) = data_dir {
        look_at_data(data_dir, &mut findings);
    }
    look_at_engine(compiler, &mut findings);
    look_at_limits(&mut findings);
    look_at_tools(&mut findings);
    findings
}

fn look_at_data(data_dir: &Path, findings: &mut Vec<Finding>) {
    if !data_dir.join("bugle.db").exists() {
        let detail = format!("nothing is kept in `{}` yet", data_dir.display());
        findings.push(Finding::ok("data folder", detail));
        return;
    }
    let read = || {
        let reader = Reader::open(data_dir)?;
        Ok::<_, crate::Error>((reader.totals()?, reader.check()?))
    };
    match read() {
        Ok((totals, violations)) if violations.is_empty() => {
            let detail = format!(
                "`{}`: {} apps, {} triggers waiting, {} dead, {} runs kept",
                data_dir.display(),
                totals.apps,
                totals.waiting + totals.claimed,
                totals.dead,
                totals.runs
            );
            findings.push(Finding::ok("data folder", detail));
            findings.push(Finding::ok("store", "every invariant holds"));
        }
        Ok((_, violations)) => {
            let hint = "keep a copy of the data folder, and report this";
            findings.extend(violations.into_iter().map(|violation| {
                let detail = format!("invariant {}: {}", violation.invariant, violation.what);
                Finding::not_ok("store", State::Bad, detail, hint)
            }));
        }
        Err(error) => {
            let hint = error.hint().unwrap_or("see the message");
            findings.push(Finding::not_ok("data folder", State::Bad, error.to_string(), hint));
        }
    }
}

fn look_at_engine(compiler: &Compiler, findings: &mut Vec<Finding>) {
    // An empty component: the least that a compiler can be asked.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";
    match Sandbox::new(Allocation::Pooling) {
        Ok(sandbox) => {
            findings.push(Finding::ok(
                "engine",
                format!("with a pool, hash {}", sandbox.engine_hash()),
            ));
            match compiler.compile(&sandbox, EMPTY, &bugle_sandbox::CompileLimits::default()) {
                Ok(_) => findings.push(Finding::ok("compiler", "its process starts and answers")),
                Err(error) => {
                    let hint = "nothing can be installed until it does";
                    findings.push(Finding::not_ok("compiler", State::Bad, error.to_string(), hint));
                }
            }
        }
        Err(error) => {
            let hint = "lift the limit on address space, or use on-demand allocation";
            findings.push(Finding::not_ok("engine", State::Bad, error.to_string(), hint));
        }
    }
}

/// Open files that a host under load has: a connection each, and a few.
#[cfg(unix)]
const OPEN_FILES_MIN: u64 = 1_024;

#[cfg(unix)]
fn look_at_limits(findings: &mut Vec<Finding>) {
    use rustix::process::{Resource, getrlimit};
    let files = getrlimit(Resource::Nofile).current;
    if files.is_some_and(|files| files < OPEN_FILES_MIN) {
        let detail = format!("{} open files", files.unwrap_or_default());
        let hint = "raise it with `ulimit -n 4096`";
        findings.push(Finding::not_ok("system limits", State::Warn, detail, hint));
    } else {
        let detail = files.map_or_else(
            || "open files without limit".to_owned(),
            |files| format!("{files} open files"),
        );
        findings.push(Finding::ok("system limits", detail));
    }
}

#[cfg(not(unix))]
fn look_at_limits(_findings: &mut Vec<Finding>) {}

fn look_at_tools(findings: &mut Vec<Finding>) {
    const TARGET: &str = "wasm32-unknown-unknown";
    let mut ask = Command::new("rustc");
    let answer = ask.args(["--print", "target-libdir", "--target", TARGET]).output();
    let folder = answer.ok().filter(|answer| answer.status.success());
    let folder = folder.and_then(|answer| String::from_utf8(answer.stdout).ok());
    findings.push(match folder {
        Some(folder) if Path::new(folder.trim()).is_dir() => {
            Finding::ok("rust", format!("builds tasks for {TARGET}"))
        }
        Some(_) => {
            let hint = format!("`rustup target add {TARGET}`");
            Finding::not_ok("rust", State::Warn, format!("has no {TARGET}"), &hint)
        }
        None => {
            let hint = "needed only to build tasks in Rust";
            Finding::not_ok("rust", State::Warn, "is not installed", hint)
        }
    });
}
