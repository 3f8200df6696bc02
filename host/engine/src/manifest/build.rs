//! The `[build]` table: how `bugle build` makes the app's component. Hosts check it and pass it over.

use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

use super::{ManifestError, Source, TaskTable};

/// The languages that `[build]` knows by name.
pub const LANGUAGES: [&str; 9] =
    ["rust", "js", "ts", "python", "c", "cpp", "go", "zig", "assemblyscript"];

/// How an app's component is made. All tasks of such an app share one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildEntry {
    /// By the recipe of a language.
    Language {
        /// One of [`LANGUAGES`].
        language: String,
        /// The file that has the task, where it is not the language's default.
        source: Option<PathBuf>,
    },
    /// By a command of the author's.
    Command {
        /// A program and its arguments, run in the app's folder. None where the module is there.
        command: Option<Vec<String>>,
        /// What it makes: a core module or a component.
        module: PathBuf,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BuildTable {
    language: Option<Spanned<String>>,
    source: Option<Spanned<String>>,
    command: Option<Spanned<Vec<String>>>,
    module: Option<Spanned<String>>,
}

pub(super) fn entry(
    source: &Source<'_>,
    build: &Spanned<BuildTable>,
    tasks: &[Spanned<TaskTable>],
) -> Result<BuildEntry, ManifestError> {
    one_component(source, tasks)?;
    let table = build.as_ref();
    match (&table.language, &table.module) {
        (Some(language), None) => by_language(source, language, table),
        (None, Some(module)) => by_command(source, module, table),
        (Some(language), Some(_)) => {
            let what = "`[build]` has a `language`, or a `module` with its `command`, not both";
            Err(source.error(Some(language.span()), what))
        }
        (None, None) => {
            let what = "`[build]` has a `language`, like `rust`, or a `command` and the `module` \
                        that it makes";
            let span = table.command.as_ref().map_or(build.span(), Spanned::span);
            Err(source.error(Some(span), what))
        }
    }
}

fn by_language(
    source: &Source<'_>,
    language: &Spanned<String>,
    table: &BuildTable,
) -> Result<BuildEntry, ManifestError> {
    if !LANGUAGES.contains(&language.as_ref().as_str()) {
        let what = format!(
            "`{}` is not a language that bugle can build; choose one of `{}`, or set `command` and \
             `module` for any other",
            language.as_ref(),
            LANGUAGES.join("`, `")
        );
        return Err(source.error(Some(language.span()), what));
    }
    if let Some(command) = &table.command {
        let what = "`[build]` has a `language`, or a `command` and its `module`, not both";
        return Err(source.error(Some(command.span()), what));
    }
    if let (Some(text), "rust") = (&table.source, language.as_ref().as_str()) {
        let what = "Cargo.toml says where a task in Rust is; remove the key `source`";
        return Err(source.error(Some(text.span()), what));
    }
    let path = |text| source.path(text, "a source", "src/task.js");
    Ok(BuildEntry::Language {
        language: language.as_ref().clone(),
        source: table.source.as_ref().map(path).transpose()?,
    })
}

fn by_command(
    source: &Source<'_>,
    module: &Spanned<String>,
    table: &BuildTable,
) -> Result<BuildEntry, ManifestError> {
    if let Some(text) = &table.source {
        let what = "a `source` needs a `language`; a `command` knows its own sources";
        return Err(source.error(Some(text.span()), what));
    }
    if let Some(command) = &table.command
        && command.as_ref().first().is_none_or(String::is_empty)
    {
        let what = "a command is a program and its arguments, like `[\"make\", \"task.wasm\"]`";
        return Err(source.error(Some(command.span()), what));
    }
    Ok(BuildEntry::Command {
        command: table.command.as_ref().map(|command| command.as_ref().clone()),
        module: source.path(module, "a module", "task.wasm")?,
    })
}

fn one_component(source: &Source<'_>, tasks: &[Spanned<TaskTable>]) -> Result<(), ManifestError> {
    let mut components = tasks.iter().map(|task| &task.as_ref().component);
    let Some(first) = components.next() else { return Ok(()) };
    let Some(other) = components.find(|other| other.as_ref() != first.as_ref()) else {
        return Ok(());
    };
    let what = format!(
        "an app with `[build]` has one component for all of its tasks; this is another than `{}`",
        first.as_ref()
    );
    Err(source.error(Some(other.span()), what))
}
