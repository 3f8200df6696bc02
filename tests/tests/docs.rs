//! The commands in the docs, as a reader would type them.
//!
//! Every line of a `console` block that begins with `$ bugle` is run, in order, in a place that has
//! nothing but what the page's earlier lines made. It has to end well, and the lines below it have to
//! be in what it says, in their order; `…` stands for anything. `$ cargo` lines build things, and the
//! suite has built them. `$ bugle serve &` takes any free port and ends with its page.
//!
//! Rust blocks are tests of the documentation: they are compiled from `src/lib.rs` of this package. The
//! task in JavaScript is what `bugle new` writes.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use bugle_tests::program::{Daemon, Place, path, target, with_compilers};

/// A command, and what it has to say.
#[derive(Debug, PartialEq)]
struct Step {
    command: String,
    expected: Vec<String>,
}

/// The steps of all `console` blocks of a page.
fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut is_inside = false;
    for line in page.lines() {
        if line.starts_with("```") {
            is_inside = line == "```console";
        } else if is_inside && let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { command: command.to_owned(), expected: Vec::new() });
        } else if is_inside && let Some(step) = steps.last_mut() {
            step.expected.push(line.to_owned());
        }
    }
    steps
}

/// Whether a line is as expected; `…` stands for anything, spaces aside.
fn is_like(line: &str, expected: &str) -> bool {
    let mut parts = expected.split('…').map(str::trim);
    let Some(mut rest) = parts.next().and_then(|first| line.trim().strip_prefix(first)) else {
        return false;
    };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty() || expected.ends_with('…')
}

/// Checks that the expected lines are among those that were said, in their order.
fn check(step: &Step, said: &str) -> Result<()> {
    let mut lines = said.lines();
    for expected in &step.expected {
        let found = lines.any(|line| is_like(line, expected));
        ensure!(found, "`$ {}` did not say `{expected}`, but:\n{said}", step.command);
    }
    Ok(())
}

/// Runs a command by the shell, in a folder that has no more than the repository's `target`.
fn run(command: &str, place: &Place) -> Result<String> {
    let program = path()?;
    let folder = program.parent().context("a program is in a folder")?;
    let mut paths = vec![folder.to_owned()];
    paths.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    let mut shell = Command::new("sh");
    let output = with_compilers(&mut shell)
        .args(["-c", command])
        .current_dir(place.folder())
        .env("PATH", env::join_paths(paths)?)
        .env("HOME", place.folder())
        .env("XDG_CACHE_HOME", place.folder().join("cache"))
        .env("BUGLE_DATA", place.data())
        .stdin(Stdio::null())
        .output()?;
    let said = String::from_utf8(output.stdout)?;
    let complaints = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`$ {command}` ended with {}:\n{complaints}", output.status);
    Ok(said)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs a page from its beginning to its end.
fn run_page(page: &str) -> Result<()> {
    let text = std::fs::read_to_string(root().join(page))?;
    let place = Place::new()?;
    std::os::unix::fs::symlink(target().canonicalize()?, place.folder().join("target"))?;
    let mut daemon: Option<Daemon> = None;
    for step in steps(&text) {
        if step.command == "bugle serve &" {
            let started = place.serve()?;
            check(&step, &format!("listening on http://{}", started.door()))?;
            daemon = Some(started);
        } else if step.command.starts_with("bugle ") {
            check(&step, &run(&step.command, &place)?)?;
        }
    }
    drop(daemon);
    Ok(())
}

#[test]
fn the_commands_of_the_readme_work() -> Result<()> {
    run_page("README.md")
}

#[test]
fn the_task_of_the_readme_is_that_of_a_new_project() -> Result<()> {
    let readme = std::fs::read_to_string(root().join("README.md"))?;
    let task = std::fs::read_to_string(root().join("guest-sdk/js/template/src/task.js"))?;
    ensure!(readme.contains(&format!("```js\n{task}```\n")), "it is another");
    Ok(())
}

#[test]
fn blocks_are_read() {
    let page = "```console\n$ a b\nsaid\n$ c\n```\n```sh\n$ d\n```\n";
    let step = |command: &str, expected: &[&str]| Step {
        command: command.to_owned(),
        expected: expected.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(steps(page), [step("a b", &["said"]), step("c", &[])]);
}

#[test]
fn an_ellipsis_stands_for_anything() {
    assert!(is_like("completed  trigger-1, 188 µs", "completed  trigger-1, …"));
    assert!(is_like("run-1.1  now  completed  1 of 5", "run-1.1 … completed …"));
    assert!(!is_like("failed  trigger-1", "completed …"));
    assert!(!is_like("  1 unread", "1"));
}
