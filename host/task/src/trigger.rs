use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Bytes, Name, Timestamp};

/// The most bytes a raw push may carry: the wire limit of the original service.
pub(crate) const RAW_CONTENT_BYTES_MAX: usize = 5_000;

/// The most bytes an app may send its own task, or an embedder with a custom event.
pub(crate) const APPLICATION_CONTENT_BYTES_MAX: usize = 64 * 1024;

/// Why a task is woken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Trigger {
    /// A raw push notification arrived.
    RawNotification(RawNotification),
    /// Somebody chose a toast, or one of its actions.
    ToastActivated(ToastActivation),
    /// A toast left the screen without being chosen.
    ToastDismissed(ToastDismissal),
    /// A timer of the manifest is due.
    Timer(TimerTick),
    /// The app asked for this run itself.
    Application(ApplicationRequest),
    /// A channel ends soon.
    ChannelExpiring(ChannelExpiry),
    /// Something around the app changed.
    System(SystemEvent),
    /// A trigger of the embedder's own.
    Custom(CustomEvent),
}

/// The kinds of trigger, as a manifest names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the variants of `Trigger`, which has the docs")]
pub enum TriggerKind {
    RawNotification,
    ToastActivated,
    ToastDismissed,
    Timer,
    Application,
    ChannelExpiring,
    System,
    Custom,
}

/// A name and its value; the name is in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "said above")]
pub struct Header {
    pub name: String,
    pub value: String,
}

/// A raw push notification, as its sender gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RawNotification {
    /// The channel's name in the manifest.
    pub channel: Name,
    /// At most [`RawNotification::CONTENT_BYTES_MAX`].
    pub content: Bytes,
    /// The sender's media type; at most 255 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// At most 16, at most 4 KiB together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<Header>,
    /// When the host accepted it.
    pub received_at: Timestamp,
}

/// Somebody chose a toast, or one of its actions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ToastActivation {
    /// The toast's tag.
    pub tag: Option<String>,
    /// The toast's group.
    pub group: Option<String>,
    /// The argument of the toast, or of the action that was chosen.
    pub argument: String,
    /// What was typed or selected, by the id of the input.
    pub inputs: Vec<Header>,
}

/// Why a toast left the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dismissal {
    /// The person put it away.
    ByUser,
    /// A task or a sender hid it: sinks are told, no task is woken.
    ByApp,
    /// Its time was up.
    Expired,
}

/// A toast left the screen without being chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ToastDismissal {
    /// The toast's tag.
    pub tag: Option<String>,
    /// The toast's group.
    pub group: Option<String>,
    /// Why it left.
    pub reason: Dismissal,
}

/// A timer of the manifest is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TimerTick {
    /// The timer's name in the manifest.
    pub name: Name,
    /// When it was due.
    pub due_at: Timestamp,
    /// Ticks that passed unserved before this one.
    pub missed: u32,
}

/// The app asked for this run itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ApplicationRequest {
    /// At most 64 KiB.
    pub content: Bytes,
    /// What the content is; at most 255 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
}

/// A channel ends soon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ChannelExpiry {
    /// The channel's name in the manifest.
    pub channel: Name,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Something around the app changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each says itself; the contract has the words")]
pub enum SystemEvent {
    InternetAvailable,
    UserPresent,
    UserAway,
    SessionConnected,
    PowerSourceChanged,
    TimeZoneChanged,
    /// The version before.
    AppUpdated(String),
    Other(String),
}

/// A trigger of the embedder's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CustomEvent {
    /// Reverse-DNS, at most 255 bytes; `bugle.` is reserved.
    #[serde(rename = "event")]
    pub kind: String,
    /// At most 64 KiB.
    pub content: Bytes,
}

/// A trigger that breaks the contract's limits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says itself")]
pub enum TriggerError {
    #[error("the content has {bytes} bytes, and may have {bytes_max}")]
    ContentTooLarge { bytes: usize, bytes_max: usize },
    #[error("the content type has {bytes} bytes, and may have 255")]
    ContentTypeTooLong { bytes: usize },
    #[error("the headers are {count} of {bytes} bytes together, and may be 16 of 4,096")]
    HeadersTooLarge { count: usize, bytes: usize },
    #[error("`{kind}` is not a custom kind: reverse-DNS of at most 255 bytes, not under `bugle.`")]
    InvalidKind { kind: String },
}

impl TriggerError {
    /// The stable name of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::ContentTooLarge { .. } => "content-too-large",
            Self::ContentTypeTooLong { .. } => "content-type-too-long",
            Self::HeadersTooLarge { .. } => "headers-too-large",
            Self::InvalidKind { .. } => "invalid-kind",
        }
    }
}

impl RawNotification {
    /// The most bytes a raw push may carry: the wire limit of the original service.
    pub const CONTENT_BYTES_MAX: usize = RAW_CONTENT_BYTES_MAX;

    /// The most headers it may carry.
    pub const HEADERS_MAX: usize = 16;

    /// The most bytes that their names and values may have together.
    pub const HEADER_BYTES_MAX: usize = 4_096;
}

impl Trigger {
    /// Which kind of trigger this is.
    #[must_use]
    pub fn kind(&self) -> TriggerKind {
        match self {
            Self::RawNotification(_) => TriggerKind::RawNotification,
            Self::ToastActivated(_) => TriggerKind::ToastActivated,
            Self::ToastDismissed(_) => TriggerKind::ToastDismissed,
            Self::Timer(_) => TriggerKind::Timer,
            Self::Application(_) => TriggerKind::Application,
            Self::ChannelExpiring(_) => TriggerKind::ChannelExpiring,
            Self::System(_) => TriggerKind::System,
            Self::Custom(_) => TriggerKind::Custom,
        }
    }

    /// How many bytes of content the trigger carries.
    #[must_use]
    pub fn content_bytes(&self) -> usize {
        match self {
            Self::RawNotification(push) => push.content.len(),
            Self::Application(request) => request.content.len(),
            Self::Custom(event) => event.content.len(),
            Self::ToastActivated(_)
            | Self::ToastDismissed(_)
            | Self::Timer(_)
            | Self::ChannelExpiring(_)
            | Self::System(_) => 0,
        }
    }

    /// Checks what the contract promises a task about the trigger's size.
    ///
    /// # Errors
    ///
    /// Says which bound the trigger breaks.
    pub fn check(&self) -> Result<(), TriggerError> {
        let (content, bytes_max, content_type) = match self {
            Self::RawNotification(push) => {
                check_headers(&push.headers)?;
                (&push.content, RAW_CONTENT_BYTES_MAX, &push.content_type)
            }
            Self::Application(request) => {
                (&request.content, APPLICATION_CONTENT_BYTES_MAX, &request.content_type)
            }
            Self::Custom(event) => {
                check_kind(&event.kind)?;
                (&event.content, APPLICATION_CONTENT_BYTES_MAX, &None)
            }
            Self::ToastActivated(_)
            | Self::ToastDismissed(_)
            | Self::Timer(_)
            | Self::ChannelExpiring(_)
            | Self::System(_) => return Ok(()),
        };
        if content.len() > bytes_max {
            return Err(TriggerError::ContentTooLarge { bytes: content.len(), bytes_max });
        }
        match content_type {
            Some(text) if text.len() > 255 => {
                Err(TriggerError::ContentTypeTooLong { bytes: text.len() })
            }
            _ => Ok(()),
        }
    }
}

fn check_headers(headers: &[Header]) -> Result<(), TriggerError> {
    let bytes = headers.iter().map(|h| h.name.len() + h.value.len()).sum();
    if headers.len() > RawNotification::HEADERS_MAX || bytes > RawNotification::HEADER_BYTES_MAX {
        return Err(TriggerError::HeadersTooLarge { count: headers.len(), bytes });
    }
    Ok(())
}

fn check_kind(kind: &str) -> Result<(), TriggerError> {
    let is_word = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let parts: Vec<&str> = kind.split('.').collect();
    if kind.len() > 255
        || parts.len() < 2
        || !parts.iter().all(|p| is_word(p))
        || parts[0] == "bugle"
    {
        return Err(TriggerError::InvalidKind { kind: kind.chars().take(80).collect() });
    }
    Ok(())
}

impl TriggerKind {
    /// Every kind there is, in the order of the contract.
    pub const ALL: [Self; 8] = [
        Self::RawNotification,
        Self::ToastActivated,
        Self::ToastDismissed,
        Self::Timer,
        Self::Application,
        Self::ChannelExpiring,
        Self::System,
        Self::Custom,
    ];

    /// The kind as the contract and the manifest write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RawNotification => "raw-notification",
            Self::ToastActivated => "toast-activated",
            Self::ToastDismissed => "toast-dismissed",
            Self::Timer => "timer",
            Self::Application => "application",
            Self::ChannelExpiring => "channel-expiring",
            Self::System => "system",
            Self::Custom => "custom",
        }
    }
}

impl fmt::Display for TriggerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TriggerKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(())
    }
}
