use std::str::{self, Utf8Error};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::TaskError;

pub use crate::bindings::bugle::task::trigger_details::{
    ApplicationRequest, ChannelExpiry, CustomEvent, Dismissal, RawNotification, SystemEvent,
    TimerTick, ToastActivation, ToastDismissal, Trigger,
};
pub use crate::bindings::bugle::task::types::Pair;

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub u64);

impl From<Timestamp> for SystemTime {
    fn from(timestamp: Timestamp) -> Self {
        UNIX_EPOCH + Duration::from_millis(timestamp.0)
    }
}

impl Trigger {
    /// The trigger's kind, as a manifest names it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::RawNotification(_) => "raw-notification",
            Self::ToastActivated(_) => "toast-activated",
            Self::ToastDismissed(_) => "toast-dismissed",
            Self::Timer(_) => "timer",
            Self::Application(_) => "application",
            Self::ChannelExpiring(_) => "channel-expiring",
            Self::System(_) => "system",
            Self::Custom(_) => "custom",
        }
    }

    /// The raw notification, for a task that takes no other trigger.
    ///
    /// # Errors
    ///
    /// [`TaskError::Rejected`] if the manifest lets another kind wake the task.
    pub fn into_raw_notification(self) -> Result<RawNotification, TaskError> {
        match self {
            Self::RawNotification(push) => Ok(push),
            other => Err(TaskError::Rejected(
                ["this task takes raw notifications only, and was woken by `", other.kind(), "`"]
                    .concat(),
            )),
        }
    }
}

impl RawNotification {
    /// The content as text.
    ///
    /// # Errors
    ///
    /// Says where the content stops being UTF-8.
    pub fn text(&self) -> Result<&str, Utf8Error> {
        str::from_utf8(&self.content)
    }

    /// The first header of a name, which is in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.name == name).map(|header| header.value.as_str())
    }
}

impl ApplicationRequest {
    /// The content as text.
    ///
    /// # Errors
    ///
    /// Says where the content stops being UTF-8.
    pub fn text(&self) -> Result<&str, Utf8Error> {
        str::from_utf8(&self.content)
    }
}

impl ToastActivation {
    /// What was typed or selected in the input of an id.
    #[must_use]
    pub fn input(&self, id: &str) -> Option<&str> {
        self.inputs.iter().find(|input| input.name == id).map(|input| input.value.as_str())
    }
}
