use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Bytes, Mark, Toast, ToastKey, ToastUpdate, Value};

/// What a run did: committed whole with the acknowledgement of its trigger, or not at all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Effects {
    /// What each setting that the run changed is after it; none where the run removed it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, Option<Value>>,
    /// The settings' version, if the run set it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings_version: Option<u32>,
    /// Toasts, in the order in which the run raised, changed and hid them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub toasts: Vec<ToastEffect>,
    /// The badge, if the run changed it; an inner none clears it.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub badge: Option<Option<Mark>>,
    /// Work for the app, by key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resume_work: Vec<ResumeWork>,
}

/// `null` is a badge that was cleared, a missing field one that was left alone.
fn some<'de, D>(deserializer: D) -> Result<Option<Option<Mark>>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    Option::<Mark>::deserialize(deserializer).map(Some)
}

/// One thing that a run did to the app's toasts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum ToastEffect {
    /// Raise a toast, in place of one of the same key.
    Show {
        /// The toast.
        toast: Toast,
    },
    /// Change a toast that is still there.
    Update {
        /// Which toast.
        key: ToastKey,
        /// Ignored unless above the last that was applied; 0 always applies.
        sequence: u32,
        /// What to change.
        change: ToastUpdate,
    },
    /// Take a toast, a group, or all of the app's away.
    Hide {
        /// Which toasts.
        key: ToastKey,
    },
}

/// Work for the app to do when it is next in the foreground.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ResumeWork {
    /// A later one with the same key replaces it; 1 to 64 bytes.
    pub key: String,
    /// At most 8 KiB.
    pub content: Bytes,
}

impl Effects {
    /// Whether the run did nothing that would have to be committed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
