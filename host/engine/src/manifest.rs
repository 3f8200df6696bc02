mod build;

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::PathBuf;

use bugle_task::{AppId, LimitName, Limits, Name, Permissions, TriggerKind};
use serde::{Deserialize, Serialize};
use toml::Spanned;

pub use build::{BuildEntry, LANGUAGES};

/// The manifest's name in an app's folder.
pub const MANIFEST_FILE: &str = "bugle.toml";

/// The longest path of a file in an app's folder: as long as systems take a name.
const PATH_BYTES_MAX: usize = 255;

/// The trigger kinds that this version can raise. A manifest that asks for another is refused: a task
/// that is never woken is worse than one that is not installed.
pub const TRIGGER_KINDS: [TriggerKind; 6] = [
    TriggerKind::RawNotification,
    TriggerKind::ToastActivated,
    TriggerKind::ToastDismissed,
    TriggerKind::Application,
    TriggerKind::ChannelExpiring,
    TriggerKind::Custom,
];

/// What an app's `bugle.toml` says, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The app's id.
    pub id: AppId,
    /// What people call it.
    pub name: String,
    /// Its version; any text of 1 to 64 bytes.
    pub version: String,
    /// Its tasks, at least one.
    pub tasks: Vec<TaskEntry>,
    /// The channels that it may open.
    pub channels: Vec<ChannelEntry>,
    /// What it asks to be allowed.
    pub permissions: Permissions,
    /// By what its pictures are found that a host has copied; a file says nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pictures: Option<String>,
    /// How its author builds its component. A host has the component, and keeps nothing of this.
    #[serde(skip)]
    pub build: Option<BuildEntry>,
}

/// One task of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskEntry {
    /// Its name.
    pub name: Name,
    /// Its component, a path inside the app's folder.
    pub component: PathBuf,
    /// What may wake it.
    pub triggers: BTreeSet<TriggerKind>,
    /// What each run may use.
    pub limits: Limits,
}

/// One channel of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelEntry {
    /// Its name.
    pub name: Name,
    /// The task that its pushes wake.
    pub task: Name,
}

/// What is wrong with a manifest, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {what}")]
pub struct ManifestError {
    file: String,
    line: usize,
    what: String,
}

impl ManifestError {
    /// The stable name of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "manifest"
    }
}

/// The file as it is written, before anything is checked but names and types.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    app: AppTable,
    #[serde(default)]
    task: Vec<Spanned<TaskTable>>,
    #[serde(default)]
    channel: Vec<ChannelTable>,
    #[serde(default)]
    permissions: Permissions,
    #[serde(default)]
    build: Option<Spanned<build::BuildTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AppTable {
    id: Spanned<String>,
    name: Spanned<String>,
    version: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TaskTable {
    name: Spanned<String>,
    component: Spanned<String>,
    triggers: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    limits: std::collections::BTreeMap<Spanned<String>, Spanned<u64>>,
    #[serde(default)]
    conditions: Option<Spanned<Vec<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChannelTable {
    name: Spanned<String>,
    task: Spanned<String>,
}

/// A text being read, which turns positions in it into lines.
struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn error(&self, span: Option<Range<usize>>, what: impl Into<String>) -> ManifestError {
        let start = span.map_or(0, |span| span.start).min(self.text.len());
        let before = self.text.get(..start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        ManifestError { file: self.file.to_owned(), line, what: what.into() }
    }

    fn id<T: std::str::FromStr<Err = bugle_task::IdError>>(
        &self,
        text: &Spanned<String>,
    ) -> Result<T, ManifestError> {
        let parsed = text.as_ref().parse();
        parsed
            .map_err(|error: bugle_task::IdError| self.error(Some(text.span()), error.to_string()))
    }

    /// A path that stays inside the app's folder.
    fn path(
        &self,
        text: &Spanned<String>,
        what: &str,
        example: &str,
    ) -> Result<PathBuf, ManifestError> {
        let path = PathBuf::from(text.as_ref());
        let is_inside =
            path.components().all(|part| matches!(part, std::path::Component::Normal(_)));
        if path.as_os_str().is_empty() || path.as_os_str().len() > PATH_BYTES_MAX || !is_inside {
            let what = format!("{what} is a path inside the app's folder, like `{example}`");
            return Err(self.error(Some(text.span()), what));
        }
        Ok(path)
    }

    /// Text that is shown to people: bounded, and on one line.
    fn text(&self, text: &Spanned<String>, what: &str) -> Result<String, ManifestError> {
        let value = text.as_ref();
        if value.is_empty() || value.len() > 64 || value.chars().any(char::is_control) {
            let what = format!("{what} has 1 to 64 bytes and no control characters");
            return Err(self.error(Some(text.span()), what));
        }
        Ok(value.clone())
    }
}

impl Manifest {
    /// Reads a manifest. `allowed` is what the operator lets a task use: a manifest may ask for less.
    ///
    /// # Errors
    ///
    /// Says the file, the line, what is wrong there, and what would be right.
    pub fn parse(file: &str, text: &str, allowed: &Limits) -> Result<Self, ManifestError> {
        let source = Source { file, text };
        let read: File = toml::from_str(text)
            .map_err(|error| source.error(error.span(), error.message().replace('\n', ", ")))?;
        let tasks: Vec<TaskEntry> = read
            .task
            .iter()
            .map(|task| task_entry(&source, task, allowed))
            .collect::<Result<_, _>>()?;
        if tasks.is_empty() {
            return Err(source.error(None, "the app has no task; add a `[[task]]`"));
        }
        unique(&source, read.task.iter().map(|task| &task.as_ref().name), "task")?;
        unique(&source, read.channel.iter().map(|channel| &channel.name), "channel")?;
        let channels = read
            .channel
            .iter()
            .map(|channel| channel_entry(&source, channel, &tasks))
            .collect::<Result<_, _>>()?;
        let build = read.build.as_ref().map(|build| build::entry(&source, build, &read.task));
        Ok(Self {
            id: source.id(&read.app.id)?,
            name: source.text(&read.app.name, "an app's name")?,
            version: source.text(&read.app.version, "a version")?,
            tasks,
            channels,
            permissions: read.permissions,
            pictures: None,
            build: build.transpose()?,
        })
    }

    /// The task of this name.
    #[must_use]
    pub fn task(&self, name: &Name) -> Option<&TaskEntry> {
        self.tasks.iter().find(|task| task.name == *name)
    }

    /// The first task that may be woken by triggers of a kind.
    #[must_use]
    pub fn task_for(&self, kind: TriggerKind) -> Option<&TaskEntry> {
        self.tasks.iter().find(|task| task.triggers.contains(&kind))
    }

    /// The channel of this name.
    #[must_use]
    pub fn channel(&self, name: &Name) -> Option<&ChannelEntry> {
        self.channels.iter().find(|channel| channel.name == *name)
    }
}

fn unique<'a>(
    source: &Source<'_>,
    names: impl Iterator<Item = &'a Spanned<String>>,
    what: &str,
) -> Result<(), ManifestError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name.as_ref()) {
            let what = format!("there are two {what}s with the name `{}`", name.as_ref());
            return Err(source.error(Some(name.span()), what));
        }
    }
    Ok(())
}

fn task_entry(
    source: &Source<'_>,
    task: &Spanned<TaskTable>,
    allowed: &Limits,
) -> Result<TaskEntry, ManifestError> {
    let table = task.as_ref();
    if let Some(conditions) = &table.conditions {
        let what = "conditions are not there yet; remove the key, and the task runs without them";
        return Err(source.error(Some(conditions.span()), what));
    }
    Ok(TaskEntry {
        name: source.id(&table.name)?,
        component: source.path(&table.component, "a component", "task.wasm")?,
        triggers: kinds(source, &table.triggers)?,
        limits: limits(source, &table.limits, allowed)?,
    })
}

fn kinds(
    source: &Source<'_>,
    triggers: &Spanned<Vec<Spanned<String>>>,
) -> Result<BTreeSet<TriggerKind>, ManifestError> {
    let names = || TRIGGER_KINDS.map(TriggerKind::as_str).join("`, `");
    if triggers.as_ref().is_empty() {
        let what = format!("a task has at least one trigger kind: `{}`", names());
        return Err(source.error(Some(triggers.span()), what));
    }
    let mut kinds = BTreeSet::new();
    for text in triggers.as_ref() {
        let kind = text.as_ref().parse::<TriggerKind>().ok();
        let Some(kind) = kind.filter(|kind| TRIGGER_KINDS.contains(kind)) else {
            let why = if kind.is_some() { "is not there yet" } else { "is no trigger kind" };
            let what = format!("`{}` {why}; this version raises `{}`", text.as_ref(), names());
            return Err(source.error(Some(text.span()), what));
        };
        kinds.insert(kind);
    }
    Ok(kinds)
}

fn limits(
    source: &Source<'_>,
    table: &std::collections::BTreeMap<Spanned<String>, Spanned<u64>>,
    allowed: &Limits,
) -> Result<Limits, ManifestError> {
    let mut limits = allowed.clone();
    for (name, value) in table {
        let limit: LimitName =
            name.as_ref().parse().map_err(|error: bugle_task::LimitsError| {
                source.error(Some(name.span()), error.to_string())
            })?;
        let (asked, most) = (*value.as_ref(), allowed.get(limit));
        if asked == 0 || asked > most {
            let what = format!(
                "the limit `{limit}` is {asked}, and this host allows 1 to {most} {}",
                limit.unit()
            );
            return Err(source.error(Some(value.span()), what));
        }
        limits.set(limit, asked);
    }
    Ok(limits)
}

fn channel_entry(
    source: &Source<'_>,
    channel: &ChannelTable,
    tasks: &[TaskEntry],
) -> Result<ChannelEntry, ManifestError> {
    let (name, task): (Name, Name) = (source.id(&channel.name)?, source.id(&channel.task)?);
    let Some(entry) = tasks.iter().find(|entry| entry.name == task) else {
        let what = format!("there is no task `{task}`");
        return Err(source.error(Some(channel.task.span()), what));
    };
    if !entry.triggers.contains(&TriggerKind::RawNotification) {
        let what = format!("the task `{task}` does not take `raw-notification` triggers");
        return Err(source.error(Some(channel.task.span()), what));
    }
    Ok(ChannelEntry { name, task })
}

#[cfg(test)]
mod tests;
