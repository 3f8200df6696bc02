use std::io;
use std::path::PathBuf;
use std::time::Duration;

use bugle_sandbox::{AdmissionError, ArtifactError, CompileError, SandboxError};
use bugle_store::{StoreError, ToastId};
use bugle_task::{AppId, IdError, LimitsError, Name, PathError, RunId, TriggerError, TriggerId};

use crate::ChannelId;
use crate::manifest::ManifestError;

/// Why the host did not do what it was asked. A task's failure is no error: it is in the report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says itself")]
pub enum Error {
    #[error("there is no app `{app}`")]
    UnknownApp { app: AppId },
    #[error("there is no channel `{channel}` in the app's manifest")]
    UnknownChannel { channel: ChannelId },
    #[error("the channel `{channel}` is not open")]
    ChannelNotOpen { channel: ChannelId },
    #[error("there is no open channel with this address")]
    UnknownAddress,
    #[error("another push was sent under the name `{name}`: give each its own")]
    NameTaken { name: String },
    #[error("the app `{app}` has no task `{task}`")]
    UnknownTask { app: AppId, task: Name },
    #[error("the app `{app}` has no task that takes `{kind}` triggers")]
    NoTaskFor { app: AppId, kind: &'static str },
    #[error("there is no kept run `{run}`")]
    UnknownRun { run: RunId },
    #[error("`{toast}` is not to be seen: it was chosen, put away or replaced, or its time was up")]
    UnknownToast { toast: ToastId },
    #[error("there is no dead trigger `{trigger}`")]
    NotDead { trigger: TriggerId },
    #[error("the push is empty")]
    ContentEmpty,
    #[error(transparent)]
    Trigger(#[from] TriggerError),
    #[error("the app `{app}` has {waiting} triggers waiting, as many as it may")]
    QueueFull { app: AppId, waiting: u64, retry_after: Duration },
    #[error("the host is stopping")]
    Stopping,
    #[error("the host has stopped")]
    Stopped,
    #[error("the trigger `{trigger}` ended without a run: {why}")]
    NoRun { trigger: TriggerId, why: &'static str },
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error("there is no `bugle.toml` in `{}`", folder.display())]
    NoManifest { folder: PathBuf },
    #[error("`{path}`: {source}")]
    Component { path: PathBuf, source: AdmissionError },
    #[error("`{path}`: {source}")]
    Compile { path: PathBuf, source: CompileError },
    #[error("`{path}`: {source}")]
    Load { path: PathBuf, source: ArtifactError },
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Path(#[from] PathError),
    #[error("the setting `{path}` cannot be set: {why}")]
    Setting { path: String, why: String },
    #[error(transparent)]
    Id(#[from] IdError),
    #[error(transparent)]
    Limits(#[from] LimitsError),
    #[error("`{path}` is not there yet; build it with `bugle build {folder}`")]
    NotBuilt { path: PathBuf, folder: PathBuf },
    #[error("`{path}` cannot be used: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("a thread cannot be started: {source}")]
    Thread { source: io::Error },
    #[error("{what}")]
    Usage { what: String },
}

impl Error {
    /// The stable name of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownApp { .. } => "unknown-app",
            Self::UnknownChannel { .. } | Self::ChannelNotOpen { .. } | Self::UnknownAddress => {
                "unknown-channel"
            }
            Self::NameTaken { .. } => "name-taken",
            Self::UnknownTask { .. } => "unknown-task",
            Self::NoTaskFor { .. } => "no-task",
            Self::UnknownRun { .. } => "unknown-run",
            Self::UnknownToast { .. } => "unknown-toast",
            Self::NotDead { .. } => "not-dead",
            Self::ContentEmpty => "content-empty",
            Self::Trigger(error) => error.code(),
            Self::QueueFull { .. } => "queue-full",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::NoRun { .. } => "no-run",
            Self::Manifest(error) => error.code(),
            Self::NoManifest { .. } => "no-manifest",
            Self::Component { source, .. } => source.code(),
            Self::Compile { source, .. } => source.code(),
            Self::Load { source, .. } => source.code(),
            Self::Sandbox(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Path(error) => error.code(),
            Self::Setting { .. } => "setting",
            Self::Id(error) => error.code(),
            Self::Limits(error) => error.code(),
            Self::NotBuilt { .. } => "not-built",
            Self::File { .. } => "file",
            Self::Thread { .. } => "thread",
            Self::Usage { .. } => "usage",
        }
    }

    /// What to do next, where the message does not say it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::UnknownApp { .. } => Some("`bugle list` shows the installed apps"),
            Self::UnknownChannel { .. } => {
                Some("a channel needs a `[[channel]]` in the app's bugle.toml")
            }
            Self::ChannelNotOpen { .. } => Some("`bugle channel open APP/CHANNEL` opens it"),
            Self::UnknownAddress => Some("`bugle channel open APP/CHANNEL` prints its address"),
            Self::NoTaskFor { .. } => {
                Some("add the kind to the `triggers` of a task in bugle.toml")
            }
            Self::UnknownRun { .. } => Some("`bugle runs` lists the kept runs"),
            Self::UnknownToast { .. } => Some("`bugle toasts` lists those that are to be seen"),
            Self::NotDead { .. } => Some("`bugle runs --dead` lists the dead triggers"),
            Self::QueueFull { .. } => Some("send again later; `bugle runs` shows what it is doing"),
            Self::NoManifest { .. } => {
                Some("an app is a folder with a bugle.toml that names it and its tasks")
            }
            Self::Stopping | Self::Stopped => Some("start it again and repeat the command"),
            _ => None,
        }
    }

    /// Whether whoever asked can mend it, rather than whoever runs the host.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        match self {
            Self::UnknownApp { .. }
            | Self::UnknownChannel { .. }
            | Self::ChannelNotOpen { .. }
            | Self::UnknownAddress
            | Self::NameTaken { .. }
            | Self::UnknownTask { .. }
            | Self::NoTaskFor { .. }
            | Self::UnknownRun { .. }
            | Self::UnknownToast { .. }
            | Self::NotDead { .. }
            | Self::ContentEmpty
            | Self::Trigger(_)
            | Self::Manifest(_)
            | Self::NoManifest { .. }
            | Self::Component { .. }
            | Self::Load { source: ArtifactError::Mismatch(_), .. }
            | Self::Path(_)
            | Self::Setting { .. }
            | Self::Id(_)
            | Self::Limits(_)
            | Self::NotBuilt { .. }
            | Self::File { .. }
            | Self::Usage { .. } => true,
            Self::Compile { source, .. } => !matches!(source, CompileError::Child(_)),
            Self::QueueFull { .. }
            | Self::Stopping
            | Self::Stopped
            | Self::NoRun { .. }
            | Self::Load { .. }
            | Self::Sandbox(_)
            | Self::Store(_)
            | Self::Thread { .. } => false,
        }
    }
}
