use std::collections::BTreeMap;

use bugle_task::{Limits, Permissions, Settings, ToastKey, check_path};

use super::convert;
use super::report::{LogLine, ToastChange};
use crate::badge::Mark;
use crate::bindings::bugle::task::local_settings::SettingsError;
use crate::bindings::bugle::task::task_context::{ContextError, ResumeWork};
use crate::bindings::bugle::task::toasts::ToastError;
use crate::context::CancellationReason;
use crate::log::Level;
use crate::settings::Value;
use crate::toasts::{Toast, ToastUpdate};

/// 2024-01-01T00:00:00Z: a time that no test can take for the machine's.
const STARTED_AT: u64 = 1_704_067_200_000;

/// All that a run may ask about, and all that it did.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) facts: Facts,
    pub(super) limits: Limits,
    pub(super) permissions: Permissions,
    pub(super) settings: Settings,
    pub(super) badge: Option<Mark>,
    pub(super) toasts_left: u64,
    pub(super) toasts: Vec<Toast>,
    pub(super) toast_changes: Vec<ToastChange>,
    pub(super) resume_work: BTreeMap<String, Vec<u8>>,
    pub(super) progress: Option<u32>,
    pub(super) log: Vec<LogLine>,
    pub(super) log_lines_dropped: u64,
    delta_bytes: u64,
    log_bytes: usize,
    random_bytes_given: u64,
}

/// Who runs, and when.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(super) app: String,
    pub(super) app_version: String,
    pub(super) task: String,
    pub(super) attempt: u32,
    pub(super) attempts_max: u32,
    pub(super) now: u64,
    pub(super) cancellation: Option<CancellationReason>,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            app: "com.example.app".to_owned(),
            app_version: "1.0.0".to_owned(),
            task: "task".to_owned(),
            attempt: 1,
            attempts_max: 5,
            now: STARTED_AT,
            cancellation: None,
        }
    }
}

impl Default for State {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            facts: Facts::default(),
            toasts_left: limits.toasts,
            limits,
            permissions: Permissions::default(),
            settings: Settings::default(),
            badge: None,
            toasts: Vec::new(),
            toast_changes: Vec::new(),
            resume_work: BTreeMap::new(),
            progress: None,
            log: Vec::new(),
            log_lines_dropped: 0,
            delta_bytes: 0,
            log_bytes: 0,
            random_bytes_given: 0,
        }
    }
}

/// A limit as the contract's errors carry it.
fn as_u32(limit: u64) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}

fn check(path: &str) -> Result<(), SettingsError> {
    check_path(path).map_err(|error| SettingsError::InvalidPath(error.to_string()))
}

/// Settings.
impl State {
    pub(super) fn get(&self, path: &str) -> Result<Option<Value>, SettingsError> {
        check(path)?;
        Ok(self.settings.get(path).map(convert::value))
    }

    pub(super) fn set(&mut self, path: &str, value: &Value) -> Result<(), SettingsError> {
        check(path)?;
        let value = convert::stored(value);
        if value.bytes() > self.limits.setting_value_bytes {
            return Err(SettingsError::ValueTooLarge(as_u32(self.limits.setting_value_bytes)));
        }
        let size = path.len() as u64 + value.bytes();
        let old = self.settings.get(path).map(|old| path.len() as u64 + old.bytes());
        if self.settings.bytes() - old.unwrap_or(0) + size > self.limits.settings_bytes {
            return Err(SettingsError::QuotaExceeded(as_u32(self.limits.settings_bytes)));
        }
        if old.is_none() && self.settings.len() as u64 >= self.limits.settings {
            return Err(SettingsError::TooMany(as_u32(self.limits.settings)));
        }
        self.count_change(size)?;
        self.settings.apply(path, Some(value));
        Ok(())
    }

    pub(super) fn remove(&mut self, path: &str) -> Result<bool, SettingsError> {
        check(path)?;
        if self.settings.get(path).is_none() {
            return Ok(false);
        }
        self.count_change(path.len() as u64)?;
        Ok(self.settings.apply(path, None).is_some())
    }

    /// All of a container, or nothing if the run may not change so much.
    pub(super) fn clear(&mut self, container: &str) -> Result<u32, SettingsError> {
        let prefix = prefix(container)?;
        let paths: Vec<String> = self.below(&prefix).map(str::to_owned).collect();
        self.count_change(paths.iter().map(|path| path.len() as u64).sum())?;
        for path in &paths {
            self.settings.apply(path, None);
        }
        Ok(as_u32(paths.len() as u64))
    }

    /// The names in a container in the order of their bytes, a setting before a container.
    pub(super) fn names(&self, container: &str) -> Result<Vec<(String, bool)>, SettingsError> {
        let prefix = prefix(container)?;
        let names = self.below(&prefix).filter_map(|path| {
            let rest = path.strip_prefix(&prefix)?;
            Some(rest.split_once('/').map_or((rest, false), |(name, _)| (name, true)))
        });
        let mut names: Vec<(String, bool)> =
            names.map(|(name, is_container)| (name.to_owned(), is_container)).collect();
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        let paths = self.settings.range_from(prefix).map(|(path, _)| path);
        paths.take_while(move |path| path.starts_with(prefix))
    }

    /// Every change counts, also one of what the run changed before.
    fn count_change(&mut self, size: u64) -> Result<(), SettingsError> {
        if self.delta_bytes + size > self.limits.settings_delta_bytes {
            return Err(SettingsError::QuotaExceeded(as_u32(self.limits.settings_delta_bytes)));
        }
        self.delta_bytes += size;
        Ok(())
    }

    /// What was set before the run is no change of the run.
    pub(super) fn forget_changes(&mut self) {
        self.delta_bytes = 0;
    }
}

/// What the paths of all settings in a container start with.
fn prefix(container: &str) -> Result<String, SettingsError> {
    if container.is_empty() {
        return Ok(String::new());
    }
    check(container)?;
    Ok([container, "/"].concat())
}

/// Toasts.
impl State {
    pub(super) fn show(&mut self, toast: &Toast) -> Result<(), ToastError> {
        convert::toast(toast).check().map_err(convert::toast_error)?;
        if let Some(image) = &toast.image {
            self.check_image(&image.uri)?;
        }
        if self.toasts.len() as u64 >= self.toasts_left {
            return Err(ToastError::TooMany(as_u32(self.toasts_left)));
        }
        self.toasts.push(toast.clone());
        Ok(())
    }

    pub(super) fn update(
        &mut self,
        tag: &str,
        group: Option<&str>,
        sequence: u32,
        change: &ToastUpdate,
    ) -> Result<(), ToastError> {
        check_key(Some(tag), group)?;
        convert::update(change).check().map_err(convert::toast_error)?;
        self.change_toasts(ToastChange::Update {
            tag: tag.to_owned(),
            group: group.map(str::to_owned),
            sequence,
            change: change.clone(),
        })
    }

    pub(super) fn hide(
        &mut self,
        tag: Option<&str>,
        group: Option<&str>,
    ) -> Result<(), ToastError> {
        check_key(tag, group)?;
        self.change_toasts(ToastChange::Hide {
            tag: tag.map(str::to_owned),
            group: group.map(str::to_owned),
        })
    }

    fn change_toasts(&mut self, change: ToastChange) -> Result<(), ToastError> {
        if self.toast_changes.len() as u64 >= self.limits.toast_changes {
            return Err(ToastError::TooMany(as_u32(self.limits.toast_changes)));
        }
        self.toast_changes.push(change);
        Ok(())
    }

    /// An image comes from the app's own folder, or by `https:` from a host that the manifest
    /// allows.
    fn check_image(&self, uri: &str) -> Result<(), ToastError> {
        let is_good = match uri.strip_prefix("https://") {
            Some(rest) => {
                let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
                self.permissions.image_hosts.iter().any(|allowed| allowed == host)
            }
            None => {
                !uri.contains([':', '\\'])
                    && uri.split('/').all(|part| !part.is_empty() && part != "..")
            }
        };
        let why = "the image's address is neither in the app's folder nor on a host that the \
                   manifest allows";
        if is_good { Ok(()) } else { Err(ToastError::Invalid(why.to_owned())) }
    }
}

fn check_key(tag: Option<&str>, group: Option<&str>) -> Result<(), ToastError> {
    let key = ToastKey { tag: tag.map(str::to_owned), group: group.map(str::to_owned) };
    key.check().map_err(convert::toast_error)
}

/// The context and the log.
impl State {
    pub(super) fn leave(&mut self, work: &ResumeWork) -> Result<(), ContextError> {
        if work.key.is_empty() || work.key.len() > 64 {
            return Err(ContextError::Invalid("a key has 1 to 64 bytes".to_owned()));
        }
        if work.content.len() as u64 > self.limits.resume_work_bytes {
            return Err(ContextError::TooLarge(as_u32(self.limits.resume_work_bytes)));
        }
        let is_new = !self.resume_work.contains_key(&work.key);
        if is_new && self.resume_work.len() as u64 >= self.limits.resume_work {
            return Err(ContextError::TooMany(as_u32(self.limits.resume_work)));
        }
        self.resume_work.insert(work.key.clone(), work.content.clone());
        Ok(())
    }

    /// Bytes that are the same in every run of a test, and differ from call to call.
    pub(super) fn random(&mut self, count: u32) -> Vec<u8> {
        // The contract's most for one call.
        let count = count.min(4_096);
        let from = self.random_bytes_given;
        self.random_bytes_given += u64::from(count);
        (from..from + u64::from(count)).map(scramble).collect()
    }

    pub(super) fn write(&mut self, level: Level, message: &str) {
        let as_usize = |limit: u64| usize::try_from(limit).unwrap_or(usize::MAX);
        let room = as_usize(self.limits.log_bytes)
            .saturating_sub(self.log_bytes)
            .min(as_usize(self.limits.log_line_bytes));
        let has_line = self.log.len() < as_usize(self.limits.log_lines);
        if !has_line || (room == 0 && !message.is_empty()) {
            self.log_lines_dropped += 1;
            return;
        }
        let kept = message.get(..message.floor_char_boundary(room)).unwrap_or_default();
        self.log_bytes += kept.len();
        self.log.push(LogLine { level, message: kept.to_owned() });
    }
}

/// One byte of a fixed sequence: the finalizer of `SplitMix64`, which is enough to look random.
fn scramble(at: u64) -> u8 {
    let mut word = at.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (word >> 56) as u8
}
