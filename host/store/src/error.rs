use std::path::PathBuf;

use bugle_task::{AppId, Name, RunId, TriggerId};
use rusqlite::ErrorCode;

use crate::{AppKey, ChannelSetup, Digest, ToastId};

/// Why the store did not do what it was asked. Whatever the reason, nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says itself")]
pub enum StoreError {
    #[error(
        "another bugle is running on `{}`: use its commands, or stop it first", folder.display()
    )]
    Locked { folder: PathBuf },
    #[error(
        "others than its owner have access to `{}` (mode {mode:o}): run `chmod {wanted:o} {}`",
        path.display(), path.display()
    )]
    Exposed { path: PathBuf, mode: u32, wanted: u32 },
    #[error("`{}` is not a store of bugle: choose another data folder", path.display())]
    Foreign { path: PathBuf },
    #[error("there is no store in `{}` yet: start the host or install an app first", folder.display())]
    Missing { folder: PathBuf },
    #[error(
        "the store has schema version {found}, and this bugle knows {known}: use a newer bugle"
    )]
    TooNew { found: i64, known: i64 },
    #[error(
        "the store has schema version {found}, and this bugle reads {known}: start `bugle serve` once, \
         which brings it up to date"
    )]
    TooOld { found: i64, known: i64 },
    #[error(
        "sqlite {found} can lose data (its write-ahead log is reset too early): \
         build with 3.51.3 or newer"
    )]
    OldLibrary { found: &'static str },
    #[error("the store is damaged: {what}; restore the data folder from a backup")]
    Corrupt { what: String },
    #[error("the disk is full: make room, then try again")]
    Full,
    #[error("the store is busy: try again")]
    Busy,
    #[error("the store cannot use its files: {what}")]
    Io { what: String },
    #[error("the store takes no more writes since one failed ({what}): restart the host")]
    Failed { what: String },
    #[error("the store is closed")]
    Closed,
    #[error("the database refused: {what}; this is a defect of bugle, please report it")]
    Database { what: String },
    #[error("there is no app with key {}: it may have been removed", app.0)]
    NoApp { app: AppKey },
    #[error("`{id}` is not a dead letter: list them with `bugle runs --dead`")]
    NotDead { id: TriggerId },
    #[error(
        "the channel `{name}` is open for {} already: close it first, which ends its address",
        setup.protocol
    )]
    OpenOtherwise { name: Name, setup: ChannelSetup },
    #[error("another channel has the topic `{topic}`: choose another name")]
    TopicTaken { topic: String },
    #[error("`{toast}` is not to be seen any more")]
    NoToast { toast: ToastId },
    #[error("the channel was closed, or has another address by now")]
    ChannelClosed,
    #[error("another push was sent under the same name: give each its own")]
    NameTaken,
    #[error("the store does not have component {component}: install its app again")]
    NoComponent { component: Digest },
    #[error(
        "`{run}` read the settings of {app} as of change {read}, and they are at {now}: run it again"
    )]
    Overtaken { run: RunId, app: AppId, read: u64, now: u64 },
    #[error("{what}")]
    Invalid { what: String },
}

impl StoreError {
    /// The stable name of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "store-locked",
            Self::Exposed { .. } => "store-exposed",
            Self::Foreign { .. } => "store-foreign",
            Self::Missing { .. } => "store-missing",
            Self::TooNew { .. } => "store-too-new",
            Self::TooOld { .. } => "store-too-old",
            Self::OldLibrary { .. } => "sqlite-too-old",
            Self::Corrupt { .. } => "store-corrupt",
            Self::Full => "disk-full",
            Self::Busy => "store-busy",
            Self::Io { .. } => "store-io",
            Self::Failed { .. } => "store-failed",
            Self::Closed => "store-closed",
            Self::Database { .. } => "store-database",
            Self::NoApp { .. } => "no-app",
            Self::NotDead { .. } => "not-dead",
            Self::OpenOtherwise { .. } => "channel-open-otherwise",
            Self::TopicTaken { .. } => "topic-taken",
            Self::NoToast { .. } => "no-toast",
            Self::ChannelClosed => "channel-closed",
            Self::NameTaken => "name-taken",
            Self::NoComponent { .. } => "no-component",
            Self::Overtaken { .. } => "settings-overtaken",
            Self::Invalid { .. } => "invalid",
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "so that `map_err` takes it as it is")]
    pub(crate) fn corrupt(what: impl ToString) -> Self {
        Self::Corrupt { what: what.to_string() }
    }

    pub(crate) fn invalid(what: impl Into<String>) -> Self {
        Self::Invalid { what: what.into() }
    }

    pub(crate) fn io(error: &std::io::Error, path: &std::path::Path) -> Self {
        Self::Io { what: format!("`{}`: {error}", path.display()) }
    }

    /// Whether the whole transaction is in doubt, and not just the one request.
    pub(crate) fn is_of_the_file(&self) -> bool {
        matches!(
            self,
            Self::Corrupt { .. }
                | Self::Full
                | Self::Busy
                | Self::Io { .. }
                | Self::Database { .. }
        )
    }

    /// Whether a savepoint bounds the damage: a row that the tables do not take.
    pub(crate) fn is_of_the_request(&self) -> bool {
        matches!(self, Self::Database { .. })
    }

    /// Whether no later write may be trusted before the file was opened again: after a failed
    /// sync, a second one can succeed although data is lost.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Self::Corrupt { .. } | Self::Io { .. } | Self::Failed { .. })
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let what = error.to_string();
        match error {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..) => return Self::Corrupt { what },
            _ => {}
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt { what },
            Some(
                ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly,
            ) => Self::Io { what },
            _ => Self::Database { what },
        }
    }
}
