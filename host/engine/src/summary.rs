//! What is listed of a host: apps, their tasks and channels, and which runs.

use bugle_store::PausedTask;
use bugle_task::{AppId, Name, Timestamp, TriggerKind};
use serde::Serialize;

use crate::{ChannelId, Protocol};

/// An installed app, for lists.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each says itself")]
pub struct AppSummary {
    pub id: AppId,
    pub name: String,
    pub version: String,
    pub tasks: Vec<TaskSummary>,
    pub channels: Vec<Name>,
    pub waiting: u64,
    pub dead: u64,
    pub installed_at: Timestamp,
    /// Tasks that are paused, since they failed too often in a row.
    pub paused: Vec<PausedTask>,
}

/// A task of an installed app, for lists.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each says itself")]
pub struct TaskSummary {
    pub name: Name,
    /// The component's SHA-256.
    pub component: String,
    pub triggers: Vec<TriggerKind>,
}

/// A channel, for lists. Its address is not here: it is a secret, and only its hash is kept.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each says itself")]
pub struct ChannelSummary {
    pub id: ChannelId,
    pub opened_at: Timestamp,
    pub expires_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    #[serde(flatten)]
    pub protocol: Protocol,
    /// Pushes that this address took.
    pub pushes: u64,
    pub pushed_at: Option<Timestamp>,
    /// Who sent the last one, as far as the protocol tells. Sender-controlled: clean it before a
    /// terminal sees it.
    pub pushed_by: Option<String>,
}

/// Which runs to list.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "each says itself")]
pub struct RunFilter {
    pub app: Option<AppId>,
    /// The code of an outcome, like `trapped`.
    pub outcome: Option<String>,
    pub since: Option<Timestamp>,
    /// Newest first, so many at the most.
    pub limit: usize,
}
