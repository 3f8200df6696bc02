use std::path::{Path, PathBuf};

use bugle::Settings;
use bugle::task::{
    Bytes, Dismissal, Header, LimitName, Limits, Mark, Name, Permissions, RunId, Seed, SystemEvent,
    Timestamp, Toast, TriggerKind,
};

use crate::expected::Expected;
use crate::node::Node;
use crate::{Error, read};

/// One case: an app as it is before, and steps that wake its task, each with what is expected.
#[derive(Debug, Clone)]
pub struct Case {
    pub(crate) file: PathBuf,
    /// The file as it is written, for those who change it.
    pub(crate) text: String,
    pub(crate) about: Option<String>,
    pub(crate) task: Option<Name>,
    pub(crate) before: Before,
    pub(crate) steps: Vec<Step>,
}

/// The app as it is before the first step.
#[derive(Debug, Clone)]
pub(crate) struct Before {
    pub(crate) time: Timestamp,
    pub(crate) seed: Seed,
    pub(crate) attempt: u32,
    pub(crate) attempts_max: u32,
    pub(crate) settings: Settings,
    pub(crate) badge: Option<Mark>,
    pub(crate) toasts_left: u32,
    pub(crate) toasts: Vec<Toast>,
    pub(crate) permissions: PermissionsChange,
    pub(crate) limits: LimitsChange,
}

/// Permissions that differ from the manifest's.
#[derive(Debug, Clone, Default)]
pub(crate) struct PermissionsChange {
    pub(crate) toasts: Option<bool>,
    pub(crate) image_hosts: Option<Vec<String>>,
}

/// Limits that differ from the manifest's.
#[derive(Debug, Clone, Default)]
pub(crate) struct LimitsChange(pub(crate) Vec<(LimitName, u64)>);

/// One trigger, and what must come of it.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) line: usize,
    pub(crate) after_ms: u64,
    pub(crate) attempt: Option<u32>,
    pub(crate) run: Option<RunId>,
    pub(crate) limits: LimitsChange,
    pub(crate) wake: Wake,
    pub(crate) expect: Expect,
}

/// What wakes the task; what it does not say is the step's or the manifest's to say.
#[derive(Debug, Clone)]
pub(crate) enum Wake {
    Push {
        channel: Option<Name>,
        content: Bytes,
        content_type: Option<String>,
        headers: Vec<Header>,
        received_at: Option<Timestamp>,
    },
    Application {
        content: Bytes,
        content_type: Option<String>,
    },
    Custom {
        kind: String,
        content: Bytes,
    },
    ToastActivated {
        tag: Option<String>,
        group: Option<String>,
        argument: String,
        inputs: Vec<Header>,
    },
    ToastDismissed {
        tag: Option<String>,
        group: Option<String>,
        reason: Dismissal,
    },
    Timer {
        name: Name,
        due_at: Option<Timestamp>,
        missed: u32,
    },
    ChannelExpiring {
        channel: Name,
        expires_at: Timestamp,
    },
    System(SystemEvent),
}

/// What must come of a step. A step that says nothing must complete.
#[derive(Debug, Clone)]
pub(crate) struct Expect {
    pub(crate) line: usize,
    /// What is said, by name, as in [`crate::shape::EXPECT`].
    pub(crate) fields: Vec<(String, Expected)>,
    /// No setting changes but those that are named.
    pub(crate) is_settings_only: bool,
    /// Whether the file says anything at all.
    pub(crate) is_said: bool,
}

impl Case {
    /// Reads a case file. Files that it names are read beside it.
    ///
    /// # Errors
    ///
    /// The file, or one that it names, cannot be read or is not what it must be. Says the line.
    pub fn read(file: &Path) -> Result<Self, Error> {
        let text = std::fs::read(file)
            .and_then(|bytes| {
                String::from_utf8(bytes).map_err(|_| std::io::Error::other("it is not UTF-8 text"))
            })
            .map_err(|source| Error::File { path: file.to_owned(), source })?;
        Self::parse(file, text)
    }

    /// Reads the text of a case file.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn parse(file: &Path, text: String) -> Result<Self, Error> {
        let root = Node::parse(&text).map_err(|wrong| Error::of(file, wrong))?;
        let folder = file.parent().unwrap_or(Path::new(""));
        let case = read::case(&root, folder).map_err(|wrong| Error::of(file, wrong))?;
        Ok(Self { file: file.to_owned(), text, ..case })
    }

    /// The case's name: the file's, without its ending.
    #[must_use]
    pub fn name(&self) -> String {
        self.file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Where it is written.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// What it is about, in the author's words.
    #[must_use]
    pub fn about(&self) -> Option<&str> {
        self.about.as_deref()
    }

    /// How many steps it has.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    /// Whether anything is expected: a case that expects nothing could not fail.
    #[must_use]
    pub fn expects_something(&self) -> bool {
        self.steps.iter().any(|step| step.expect.is_said)
    }

    /// Refuses a case that expects nothing.
    ///
    /// # Errors
    ///
    /// No step has an expectation.
    pub fn check_expects(&self) -> Result<(), Error> {
        if self.expects_something() {
            return Ok(());
        }
        let what = "no step has a `[step.expect]`, so that the case could not fail; write what must \
                    come of it, or let `bugle test --accept` write what does";
        let line = self.steps.first().map_or(1, |step| step.line);
        Err(Error::Case { file: self.file.clone(), line, what: what.to_owned() })
    }
}

impl Wake {
    pub(crate) fn kind(&self) -> TriggerKind {
        match self {
            Self::Push { .. } => TriggerKind::RawNotification,
            Self::Application { .. } => TriggerKind::Application,
            Self::Custom { .. } => TriggerKind::Custom,
            Self::ToastActivated { .. } => TriggerKind::ToastActivated,
            Self::ToastDismissed { .. } => TriggerKind::ToastDismissed,
            Self::Timer { .. } => TriggerKind::Timer,
            Self::ChannelExpiring { .. } => TriggerKind::ChannelExpiring,
            Self::System(_) => TriggerKind::System,
        }
    }
}

impl PermissionsChange {
    pub(crate) fn apply(&self, mut permissions: Permissions) -> Permissions {
        permissions.toasts = self.toasts.unwrap_or(permissions.toasts);
        if let Some(hosts) = &self.image_hosts {
            permissions.image_hosts.clone_from(hosts);
        }
        permissions
    }
}

impl LimitsChange {
    pub(crate) fn apply(&self, limits: &mut Limits) {
        for (name, value) in &self.0 {
            limits.set(*name, *value);
        }
    }
}
