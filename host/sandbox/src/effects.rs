use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bugle_task::{
    Effects, Limits, Mark, Permissions, ResumeWork, Settings, Snapshot, Toast, ToastEffect,
    ToastError, ToastKey, ToastUpdate, Usage, Value, check_path,
};

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
    limits: SettingLimits,
    resume_work_max: u64,
    resume_work_bytes_max: u64,
    effects: Effects,
}

#[derive(Debug)]
struct SettingLimits {
    delta_bytes: u64,
    bytes: u64,
    count: u64,
    value_bytes: u64,
}

/// Why a change was not made. The same facts as the contract's `settings-error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SettingsError {
    InvalidPath(String),
    ValueTooLarge(u32),
    QuotaExceeded(u32),
    TooMany(u32),
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
            limits: SettingLimits {
                delta_bytes: limits.settings_delta_bytes,
                bytes: limits.settings_bytes,
                count: limits.settings,
                value_bytes: limits.setting_value_bytes,
            },
            resume_work_max: limits.resume_work,
            resume_work_bytes_max: limits.resume_work_bytes,
            effects: Effects::default(),
        }
    }

    pub(crate) fn write_usage(&self, usage: &mut Usage) {
        usage.settings_bytes = self.bytes;
        usage.settings = self.count;
        usage.settings_delta_bytes = self.delta_bytes;
        usage.toasts = self.toasts_shown;
        usage.toast_changes = self.toast_changes;
        usage.resume_work = self.effects.resume_work.len() as u64;
    }

    pub(crate) fn into_effects(self) -> Effects {
        self.effects
    }
}

/// Settings.
impl Buffer {
    pub(crate) fn get(&self, path: &str) -> Result<Option<&Value>, SettingsError> {
        check(path)?;
        Ok(self.lookup(path))
    }

    fn lookup(&self, path: &str) -> Option<&Value> {
        match self.effects.settings.get(path) {
            Some(changed) => changed.as_ref(),
            None => self.settings.get(path),
        }
    }

    pub(crate) fn set(&mut self, path: &str, value: Value) -> Result<(), SettingsError> {
        check(path)?;
        if value.bytes() > self.limits.value_bytes {
            return Err(SettingsError::ValueTooLarge(as_u32(self.limits.value_bytes)));
        }
        let size = path.len() as u64 + value.bytes();
        let old_size = self.lookup(path).map(|old| path.len() as u64 + old.bytes());
        let bytes = self.bytes.saturating_sub(old_size.unwrap_or(0)).saturating_add(size);
        if bytes > self.limits.bytes {
            return Err(SettingsError::QuotaExceeded(as_u32(self.limits.bytes)));
        }
        if old_size.is_none() && self.count >= self.limits.count {
            return Err(SettingsError::TooMany(as_u32(self.limits.count)));
        }
        self.count_delta(size)?;
        self.bytes = bytes;
        self.count += u64::from(old_size.is_none());
        self.effects.settings.insert(path.to_owned(), Some(value));
        Ok(())
    }

    pub(crate) fn remove(&mut self, path: &str) -> Result<bool, SettingsError> {
        check(path)?;
        let Some(old) = self.lookup(path) else { return Ok(false) };
        let size = path.len() as u64 + old.bytes();
        self.count_delta(path.len() as u64)?;
        self.bytes = self.bytes.saturating_sub(size);
        self.count = self.count.saturating_sub(1);
        if self.settings.get(path).is_some() {
            self.effects.settings.insert(path.to_owned(), None);
        } else {
            self.effects.settings.remove(path);
        }
        Ok(true)
    }

    /// Every change counts, also of what this run changed before: a run that sets one setting for
    /// ever is stopped like one that sets a million.
    fn count_delta(&mut self, size: u64) -> Result<(), SettingsError> {
        let delta_bytes = self.delta_bytes.saturating_add(size);
        if delta_bytes > self.limits.delta_bytes {
            return Err(SettingsError::QuotaExceeded(as_u32(self.limits.delta_bytes)));
        }
        self.delta_bytes = delta_bytes;
        Ok(())
    }

    /// Removes all of a container, or nothing if the run may not change so much.
    pub(crate) fn clear(&mut self, container: &str) -> Result<u32, SettingsError> {
        let paths: Vec<String> = self.inside(container)?.into_keys().map(str::to_owned).collect();
        let size = paths.iter().map(|path| path.len() as u64).sum::<u64>();
        if self.delta_bytes.saturating_add(size) > self.limits.delta_bytes {
            return Err(SettingsError::QuotaExceeded(as_u32(self.limits.delta_bytes)));
        }
        for path in &paths {
            self.remove(path)?;
        }
        Ok(as_u32(paths.len() as u64))
    }

    /// The names in a container, each with whether it is itself a container.
    pub(crate) fn names(&self, container: &str) -> Result<BTreeSet<(&str, bool)>, SettingsError> {
        let prefix_len = if container.is_empty() { 0 } else { container.len() + 1 };
        let inside = self.inside(container)?;
        let names = inside.into_keys().filter_map(|path| {
            let rest = path.get(prefix_len..)?;
            Some(match rest.split_once('/') {
                Some((name, _)) => (name, true),
                None => (rest, false),
            })
        });
        Ok(names.collect())
    }

    /// How many settings a look into a container has to go through.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// All settings below a container, the run's own changes included.
    fn inside(&self, container: &str) -> Result<BTreeMap<&str, &Value>, SettingsError> {
        let prefix = if container.is_empty() {
            String::new()
        } else {
            check(container)?;
            format!("{container}/")
        };
        let base =
            self.settings.range_from(&prefix).take_while(|(path, _)| path.starts_with(&prefix));
        let mut inside: BTreeMap<&str, &Value> = base.collect();
        for (path, value) in self.effects.settings.range(prefix.clone()..) {
            if !path.starts_with(&prefix) {
                break;
            }
            match value {
                Some(value) => inside.insert(path, value),
                None => inside.remove(path.as_str()),
            };
        }
        Ok(inside)
    }

    pub(crate) fn version(&self) -> u32 {
        self.effects.settings_version.unwrap_or(self.settings.version)
    }

    pub(crate) fn set_version(&mut self, version: u32) {
        self.effects.settings_version = Some(version);
    }
}

fn check(path: &str) -> Result<(), SettingsError> {
    check_path(path).map_err(|error| SettingsError::InvalidPath(error.to_string()))
}

/// Toasts and the badge.
impl Buffer {
    pub(crate) fn permitted(&self) -> bool {
        self.permissions.toasts
    }

    pub(crate) fn show(&mut self, toast: Toast) -> Result<(), ShowError> {
        toast.check()?;
        if let Some(image) = &toast.image {
            self.check_image(&image.uri)?;
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

    /// An image comes from the app's own folder, or by `https:` from a host that the manifest allows.
    fn check_image(&self, uri: &str) -> Result<(), ShowError> {
        let refused = |why: &str| Err(ShowError::Invalid(format!("the image's address {why}")));
        if let Some(rest) = uri.strip_prefix("https://") {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let is_allowed = self.permissions.image_hosts.iter().any(|allowed| allowed == host);
            return if is_allowed {
                Ok(())
            } else {
                refused("is on a host that the manifest does not allow")
            };
        }
        if uri.contains(':') || uri.contains('\\') || uri.starts_with('/') {
            return refused("is neither a path in the app's folder nor `https:`");
        }
        if uri.split('/').any(|part| part.is_empty() || part == "..") {
            return refused("leaves the app's folder");
        }
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
        if work.content.len() as u64 > self.resume_work_bytes_max {
            return Err(ResumeError::TooLarge(as_u32(self.resume_work_bytes_max)));
        }
        let left = &mut self.effects.resume_work;
        if let Some(same) = left.iter_mut().find(|left| left.key == work.key) {
            *same = work;
            return Ok(());
        }
        if left.len() as u64 >= self.resume_work_max {
            return Err(ResumeError::TooMany(as_u32(self.resume_work_max)));
        }
        left.push(work);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buffer(values: &[(&str, Value)], limits: &Limits) -> Buffer {
        let values =
            values.iter().map(|(path, value)| ((*path).to_owned(), value.clone())).collect();
        let settings = Arc::new(Settings::new(0, values));
        Buffer::new(&Snapshot { settings, ..Snapshot::default() }, limits)
    }

    #[test]
    fn reads_see_the_runs_own_writes() {
        let mut buffer = buffer(&[("a", Value::Integer(1))], &Limits::default());
        assert_eq!(buffer.set("a", Value::Integer(2)), Ok(()));
        assert_eq!(buffer.get("a"), Ok(Some(&Value::Integer(2))));
        assert_eq!(buffer.remove("a"), Ok(true));
        assert_eq!(buffer.remove("a"), Ok(false));
        assert_eq!(buffer.set("b", Value::Boolean(true)), Ok(()));
        assert_eq!(buffer.remove("b"), Ok(true));
        let effects = buffer.into_effects();
        assert_eq!(effects.settings, BTreeMap::from([("a".to_owned(), None)]));
    }

    #[test]
    fn quotas_count_what_was_there_before() {
        let limits = Limits { settings_bytes: 20, settings: 2, ..Limits::default() };
        let mut buffer = buffer(&[("a", Value::Integer(1))], &limits);
        assert_eq!(buffer.set("bcd", Value::Text("12345678".into())), Ok(()));
        assert_eq!(
            buffer.set("bcd", Value::Text("123456789".into())),
            Err(SettingsError::QuotaExceeded(20))
        );
        assert_eq!(buffer.remove("bcd"), Ok(true));
        assert_eq!(buffer.set("b", Value::Boolean(true)), Ok(()));
        assert_eq!(buffer.set("c", Value::Text(String::new())), Err(SettingsError::TooMany(2)));
    }

    #[test]
    fn a_run_changes_only_so_much_however_it_does() {
        let limits = Limits { settings_delta_bytes: 20, ..Limits::default() };
        let mut buffer = buffer(&[], &limits);
        assert_eq!(buffer.set("a", Value::Integer(1)), Ok(()));
        assert_eq!(buffer.set("a", Value::Integer(2)), Ok(()));
        assert_eq!(buffer.set("a", Value::Integer(3)), Err(SettingsError::QuotaExceeded(20)));
        assert_eq!(buffer.get("a"), Ok(Some(&Value::Integer(2))));
    }

    #[test]
    fn containers_list_names_in_the_order_of_their_bytes() {
        let one = Value::Integer(1);
        let values =
            [("a", one.clone()), ("a!", one.clone()), ("a/x", one.clone()), ("b/c/d", one.clone())];
        let mut buffer = buffer(&values, &Limits::default());
        assert_eq!(buffer.set("b/e", one), Ok(()));
        let names = |buffer: &Buffer, path: &str| -> Vec<(String, bool)> {
            let names = buffer.names(path).expect("the path is good");
            names.into_iter().map(|(name, inner)| (name.to_owned(), inner)).collect()
        };
        let expected = [("a", false), ("a", true), ("a!", false), ("b", true)];
        assert_eq!(names(&buffer, ""), expected.map(|(name, inner)| (name.to_owned(), inner)));
        assert_eq!(names(&buffer, "b"), [("c".to_owned(), true), ("e".to_owned(), false)]);
        assert_eq!(buffer.clear("b"), Ok(2));
        assert_eq!(names(&buffer, "b"), []);
    }

    #[test]
    fn images_come_from_the_folder_or_from_allowed_hosts() {
        let mut snapshot = Snapshot::default();
        snapshot.permissions.image_hosts = vec!["img.example.org".to_owned()];
        let buffer = Buffer::new(&snapshot, &Limits::default());
        for uri in ["logo.png", "img/logo.png", "https://img.example.org/a?b"] {
            assert_eq!(buffer.check_image(uri), Ok(()), "{uri}");
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
            assert!(buffer.check_image(uri).is_err(), "{uri}");
        }
    }
}
