mod settings;

use std::sync::Arc;

use bugle_task::{
    Effects, Limits, Mark, Permissions, ResumeWork, Settings, Snapshot, Toast, ToastEffect,
    ToastError, ToastKey, ToastUpdate, Usage,
};

pub(crate) use settings::SettingsError;

/// What a run does, kept aside until it ends, over the snapshot that it began with. Reads see the
/// run's own writes.
#[derive(Debug)]
pub(crate) struct Buffer {
    settings: Arc<Settings>,
    permissions: Permissions,
    badge: Option<Mark>,
    toasts_left: u64,
    toasts_shown: u64,
    toast_changes: u64,
    toast_changes_max: u64,
    toasts_max: u64,
    /// All settings as they would be after the run.
    bytes: u64,
    count: u64,
    /// Paths and values that the run has changed, in bytes.
    delta_bytes: u64,
    /// The largest value that the run has set, in bytes.
    value_bytes: u64,
    limits: SettingLimits,
    resume_work_max: u64,
    resume_work_bytes_max: u64,
    /// The largest piece of work that the run has left, in bytes.
    resume_work_bytes: u64,
    effects: Effects,
}

#[derive(Debug)]
struct SettingLimits {
    delta_bytes: u64,
    bytes: u64,
    count: u64,
    value_bytes: u64,
}

/// Why a toast was not raised. The same facts as the contract's `toast-error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ShowError {
    TooLarge(u32),
    TooMany(u32),
    Invalid(String),
}

/// Why work was not left. The same facts as the contract's `context-error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ResumeError {
    TooLarge(u32),
    TooMany(u32),
    Invalid(&'static str),
}

/// A limit as the contract's errors carry it.
fn as_u32(limit: u64) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}

impl Buffer {
    pub(crate) fn new(snapshot: &Snapshot, limits: &Limits) -> Self {
        Self {
            settings: Arc::clone(&snapshot.settings),
            permissions: snapshot.permissions.clone(),
            badge: snapshot.badge,
            toasts_left: limits.toasts.min(u64::from(snapshot.allowances.toasts)),
            toasts_shown: 0,
            toast_changes: 0,
            toast_changes_max: limits.toast_changes,
            toasts_max: limits.toasts,
            bytes: snapshot.settings.bytes(),
            count: snapshot.settings.len() as u64,
            delta_bytes: 0,
            value_bytes: 0,
            limits: SettingLimits {
                delta_bytes: limits.settings_delta_bytes,
                bytes: limits.settings_bytes,
                count: limits.settings,
                value_bytes: limits.setting_value_bytes,
            },
            resume_work_max: limits.resume_work,
            resume_work_bytes_max: limits.resume_work_bytes,
            resume_work_bytes: 0,
            effects: Effects::default(),
        }
    }

    pub(crate) fn write_usage(&self, usage: &mut Usage) {
        usage.settings_bytes = self.bytes;
        usage.settings = self.count;
        usage.settings_delta_bytes = self.delta_bytes;
        usage.setting_value_bytes = self.value_bytes;
        usage.toasts = self.toasts_shown;
        usage.toast_changes = self.toast_changes;
        usage.resume_work = self.effects.resume_work.len() as u64;
        usage.resume_work_bytes = self.resume_work_bytes;
    }

    pub(crate) fn into_effects(self) -> Effects {
        self.effects
    }
}

/// Toasts and the badge.
impl Buffer {
    pub(crate) fn permitted(&self) -> bool {
        self.permissions.toasts
    }

    pub(crate) fn show(&mut self, toast: Toast) -> Result<(), ShowError> {
        toast.check()?;
        if let Some(image) = &toast.image {
            self.permissions.check_image(&image.uri)?;
        }
        if self.toasts_shown >= self.toasts_left {
            return Err(ShowError::TooMany(as_u32(self.toasts_left.min(self.toasts_max))));
        }
        self.toasts_shown += 1;
        self.push(ToastEffect::Show { toast });
        Ok(())
    }

    pub(crate) fn update(
        &mut self,
        key: ToastKey,
        sequence: u32,
        change: ToastUpdate,
    ) -> Result<(), ShowError> {
        key.check()?;
        change.check()?;
        self.count_toast_change()?;
        self.push(ToastEffect::Update { key, sequence, change });
        Ok(())
    }

    pub(crate) fn hide(&mut self, key: ToastKey) -> Result<(), ShowError> {
        key.check()?;
        self.count_toast_change()?;
        self.push(ToastEffect::Hide { key });
        Ok(())
    }

    /// Where toasts are not wanted the run goes on as if they were.
    fn push(&mut self, effect: ToastEffect) {
        if self.permissions.toasts {
            self.effects.toasts.push(effect);
        }
    }

    fn count_toast_change(&mut self) -> Result<(), ShowError> {
        if self.toast_changes >= self.toast_changes_max {
            return Err(ShowError::TooMany(as_u32(self.toast_changes_max)));
        }
        self.toast_changes += 1;
        Ok(())
    }

    pub(crate) fn badge(&self) -> Option<Mark> {
        self.effects.badge.unwrap_or(self.badge)
    }

    pub(crate) fn set_badge(&mut self, mark: Option<Mark>) {
        self.effects.badge = Some(mark);
    }
}

impl From<ToastError> for ShowError {
    fn from(error: ToastError) -> Self {
        match error {
            ToastError::TooLarge { bytes_max } => Self::TooLarge(bytes_max),
            error => Self::Invalid(error.to_string()),
        }
    }
}

/// Work for the app.
impl Buffer {
    pub(crate) fn on_resume(&mut self, work: ResumeWork) -> Result<(), ResumeError> {
        if work.key.is_empty() || work.key.len() > 64 {
            return Err(ResumeError::Invalid("a key has 1 to 64 bytes"));
        }
        let bytes = work.content.len() as u64;
        if bytes > self.resume_work_bytes_max {
            return Err(ResumeError::TooLarge(as_u32(self.resume_work_bytes_max)));
        }
        let left = &mut self.effects.resume_work;
        let count = left.len() as u64;
        match left.iter_mut().find(|left| left.key == work.key) {
            Some(same) => *same = work,
            None if count >= self.resume_work_max => {
                return Err(ResumeError::TooMany(as_u32(self.resume_work_max)));
            }
            None => left.push(work),
        }
        self.resume_work_bytes = self.resume_work_bytes.max(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_come_from_the_folder_or_from_allowed_hosts() {
        let mut snapshot = Snapshot::default();
        snapshot.permissions.image_hosts = vec!["img.example.org".to_owned()];
        let buffer = Buffer::new(&snapshot, &Limits::default());
        for uri in ["logo.png", "img/logo.png", "https://img.example.org/a?b"] {
            assert_eq!(buffer.permissions.check_image(uri), Ok(()), "{uri}");
        }
        let bad = [
            "https://evil.example.org/",
            "https://img.example.org@evil.example.org/",
            "https://img.example.org:8443/",
            "http://img.example.org/",
            "file:///a",
            "/etc/passwd",
            "../x",
            "a//b",
            "a\\b",
        ];
        for uri in bad {
            assert!(buffer.permissions.check_image(uri).is_err(), "{uri}");
        }
    }
}
