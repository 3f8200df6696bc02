//! `bugle.toml`, by the door that reads its text and by the one that reads an app's folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path};
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use bugle::{
    LimitName, Limits, MANIFEST_FILE, Manifest, TRIGGER_KINDS, TriggerKind, read_manifest,
};
use tempfile::TempDir;

use super::Target;
use super::dice::Dice;
use super::input;
use super::mutate::mutate;

/// A manifest may have up to 256 KiB; a little more is refused, and much more as well.
const BYTES_MAX: usize = 300 * 1024;

/// One input in so many is read from a folder as well, which takes longer than all else.
const IN_FOLDER: usize = 16;

/// What manifests say, of `host/engine/src/manifest.rs`.
const WORDS: &[&str] = &[
    "[app]",
    "[[task]]",
    "[[channel]]",
    "[permissions]",
    "[build]",
    "[limits]",
    "id",
    "name",
    "version",
    "component",
    "triggers",
    "limits",
    "conditions",
    "task",
    "toasts",
    "image-hosts",
    "language",
    "source",
    "command",
    "module",
    "\"raw-notification\"",
    "\"custom\"",
    "\"channel-expiring\"",
    "\"timer\"",
    "fuel",
    "memory-bytes",
    "\"rust\"",
    "\"js\"",
    "'''",
    "\"\"\"",
    "\"a\\nb\"",
    "1979-05-27T07:32:00Z",
    "true",
    "[]",
    "{}",
];

/// What an example may not have: all of a manifest's tables.
const WHOLE: &str = r#"
[app]
id = "com.example.whole"
name = "Whole"
version = "1.0.0"

[[task]]
name = "one"
component = "a/one.wasm"
triggers = ["raw-notification", "application"]
limits = { fuel = 1_000_000, memory-bytes = 1048576 }

[[task]]
name = "two"
component = "a/one.wasm"
triggers = ["custom", "channel-expiring"]
limits.time-ms = 100

[[channel]]
name = "inbox"
task = "one"

[permissions]
toasts = true
image-hosts = ["example.org"]

[build]
command = ["make", "one.wasm"]
module = "one.wasm"
"#;

/// Manifests.
pub(super) struct Manifests {
    folder: TempDir,
    allowed: Limits,
}

impl Manifests {
    pub(super) fn open() -> Result<Self> {
        Ok(Self { folder: tempfile::tempdir()?, allowed: Limits::default() })
    }

    /// The folder's door says what the text's does.
    fn check_folder(&self, bytes: &[u8], parsed: Option<&Manifest>) -> Result<String> {
        fs::write(self.folder.path().join(MANIFEST_FILE), bytes)?;
        match (read_manifest(self.folder.path(), &self.allowed), parsed) {
            (Ok(read), Some(parsed)) => ensure!(read == *parsed, "folder: it reads another"),
            (Ok(_), None) => bail!("folder: it takes what is no manifest"),
            (Err(error), Some(_)) => {
                let is_large = bytes.len() >= 256 * 1024;
                ensure!(is_large, "folder: it refuses a manifest: {error}");
            }
            (Err(error), None) => {
                let code = error.code();
                ensure!(matches!(code, "manifest" | "file"), "folder: the code is {code}");
                return Ok(format!("{code} {error}"));
            }
        }
        Ok("the same".to_owned())
    }
}

impl Target for Manifests {
    fn time_max(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        let mut seeds = input::files_of_examples(|path| path.ends_with(MANIFEST_FILE));
        seeds.push(WHOLE.into());
        seeds
    }

    fn next(&self, corpus: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
        mutate(corpus, WORDS, dice, BYTES_MAX)
    }

    fn check(&mut self, input: &[u8]) -> Result<String> {
        let Ok(text) = std::str::from_utf8(input) else { return self.check_folder(input, None) };
        let parsed = Manifest::parse(MANIFEST_FILE, text, &self.allowed);
        if input.len().is_multiple_of(IN_FOLDER) {
            self.check_folder(input, parsed.as_ref().ok())?;
        }
        match parsed {
            Ok(manifest) => {
                check_manifest(&manifest, &self.allowed)?;
                check_kept(manifest)?;
                Ok("taken".to_owned())
            }
            Err(error) => {
                ensure!(error.code() == "manifest", "code: it is {}", error.code());
                let said = error.to_string();
                check_line(&said, MANIFEST_FILE, text)?;
                Ok(said)
            }
        }
    }
}

/// What is said is one line, but for what it quotes: whoever shows it cleans that.
pub(super) fn check_one_line(said: &str) -> Result<()> {
    let (before, rest) = said.split_once('`').unwrap_or((said, ""));
    let after = rest.rsplit_once('`').map_or("", |(_, after)| after);
    let is_one = ![before, after].iter().any(|part| part.contains(char::is_control));
    ensure!(is_one, "one line: {}", said.escape_debug());
    Ok(())
}

/// What is said begins with the place: a file, and a line that is there.
pub(super) fn check_line(said: &str, file: &str, text: &str) -> Result<()> {
    check_one_line(said)?;
    let place = said.strip_prefix(file).and_then(|rest| rest.strip_prefix(':'));
    let line = place.and_then(|rest| rest.split_once(": ")).map(|(line, _)| line.parse::<usize>());
    let lines = text.matches('\n').count() + 1;
    let Some(Ok(line)) = line else { bail!("place: there is none in `{said}`") };
    ensure!((1..=lines).contains(&line), "line: {line}, and the text has {lines}");
    Ok(())
}

/// What every manifest is that is taken, by its documentation.
fn check_manifest(manifest: &Manifest, allowed: &Limits) -> Result<()> {
    for text in [&manifest.name, &manifest.version] {
        let is_good = (1..=64).contains(&text.len()) && !text.chars().any(char::is_control);
        ensure!(is_good, "text: `{}`", text.escape_debug());
    }
    ensure!(!manifest.tasks.is_empty(), "tasks: there is none");
    let names: BTreeSet<_> = manifest.tasks.iter().map(|task| &task.name).collect();
    ensure!(names.len() == manifest.tasks.len(), "names: two tasks have one");
    for task in &manifest.tasks {
        check_path(&task.component)?;
        let known = |kind: &TriggerKind| TRIGGER_KINDS.contains(kind);
        ensure!(!task.triggers.is_empty() && task.triggers.iter().all(known), "triggers: {task:?}");
        for limit in LimitName::ALL {
            let (asked, most) = (task.limits.get(*limit), allowed.get(*limit));
            ensure!((1..=most).contains(&asked), "limit: {limit} is {asked}");
        }
    }
    let names: BTreeSet<_> = manifest.channels.iter().map(|channel| &channel.name).collect();
    ensure!(names.len() == manifest.channels.len(), "names: two channels have one");
    for channel in &manifest.channels {
        let task = manifest.task(&channel.task);
        let takes = |kind| task.is_some_and(|task| task.triggers.contains(&kind));
        ensure!(takes(TriggerKind::RawNotification), "channel: nobody takes what is pushed");
    }
    Ok(())
}

fn check_path(path: &Path) -> Result<()> {
    let mut parts = path.components();
    let is_inside = parts.all(|part| matches!(part, Component::Normal(_)));
    ensure!(is_inside && !path.as_os_str().is_empty(), "path: {}", path.display());
    Ok(())
}

/// A host keeps a manifest as JSON, and reads the same again; but for how it is built.
fn check_kept(mut manifest: Manifest) -> Result<()> {
    manifest.build = None;
    let kept: Manifest = serde_json::from_str(&serde_json::to_string(&manifest)?)?;
    ensure!(kept == manifest, "kept: another is read");
    Ok(())
}
