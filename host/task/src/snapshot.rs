use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    AppId, Limits, Mark, Name, RunId, Settings, Timestamp, ToastError, Trigger, TriggerId,
};

/// Everything that a run depends on, beside the component and the engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RunInput {
    /// Why the task is woken.
    pub trigger: Trigger,
    /// Who runs.
    pub identity: Identity,
    /// What the run may ask about.
    pub snapshot: Snapshot,
    /// Where the run's clock starts.
    pub started_at: Timestamp,
    /// Where the run's randomness starts.
    pub seed: Seed,
    /// How much of everything it may use.
    pub limits: Limits,
}

/// Who runs, as the task may know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Identity {
    /// The app's id.
    pub app: AppId,
    /// The app's version, as its manifest has it.
    pub app_version: String,
    /// The task's name in the manifest.
    pub task: Name,
    /// The same on every attempt.
    pub trigger_id: TriggerId,
    /// New for every attempt.
    pub run_id: RunId,
    /// 1 at first.
    pub attempt: u32,
    /// After this one there is no other.
    pub attempts_max: u32,
}

/// What a run may ask about, as it was when the run was claimed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Snapshot {
    /// The app's settings. Shared, since most runs change few of many.
    pub settings: Arc<Settings>,
    /// The app's badge.
    pub badge: Option<Mark>,
    /// What is left of the app's allowances over time.
    pub allowances: Allowances,
    /// What the app may do.
    pub permissions: Permissions,
}

/// What is left of an app's allowances over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Allowances {
    /// Toasts that the app may still raise in this hour.
    pub toasts: u32,
}

impl Default for Allowances {
    /// Those of an app that has done nothing yet: 60 toasts an hour, one a minute, beyond which a
    /// person reads none of them.
    fn default() -> Self {
        Self { toasts: 60 }
    }
}

/// What the manifest asks for and the operator allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Permissions {
    /// Whether the app's toasts are shown. Where not, raising one still succeeds.
    pub toasts: bool,
    /// Hosts from which images in toasts may come, by `https:`. Empty by default: an image's address
    /// could carry data out of a task that has no network.
    pub image_hosts: Vec<String>,
}

impl Default for Permissions {
    fn default() -> Self {
        Self { toasts: true, image_hosts: Vec::new() }
    }
}

impl Permissions {
    /// Checks where a toast's image comes from: the app's own folder, or by `https:` a host that the
    /// manifest allows.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the address.
    pub fn check_image(&self, uri: &str) -> Result<(), ToastError> {
        if let Some(rest) = uri.strip_prefix("https://") {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let is_allowed = self.image_hosts.iter().any(|allowed| allowed == host);
            let why = "the image's address is on a host that the manifest does not allow";
            return if is_allowed { Ok(()) } else { Err(ToastError::Invalid(why)) };
        }
        if uri.contains(':') || uri.contains('\\') || uri.starts_with('/') {
            let why = "the image's address is neither a path in the app's folder nor `https:`";
            return Err(ToastError::Invalid(why));
        }
        if uri.split('/').any(|part| part.is_empty() || part == "..") {
            return Err(ToastError::Invalid("the image's address leaves the app's folder"));
        }
        Ok(())
    }
}

/// The start of a run's randomness. Kept with the run, so no secret may be made from it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Seed(pub [u8; 32]);

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::str::FromStr for Seed {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const RULE: &str = "a seed is 64 hexadecimal digits";
        let mut seed = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return Err(RULE);
        }
        for (at, byte) in seed.iter_mut().enumerate() {
            let digits = text.get(2 * at..2 * at + 2).ok_or(RULE)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| RULE)?;
        }
        Ok(Self(seed))
    }
}

impl Serialize for Seed {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Seed {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
