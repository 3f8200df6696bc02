use std::collections::{BTreeMap, BTreeSet};

use bugle_task::{Value, check_path};

use super::{Buffer, as_u32};

/// Why a change was not made. The same facts as the contract's `settings-error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SettingsError {
    InvalidPath(String),
    ValueTooLarge(u32),
    QuotaExceeded(u32),
    TooMany(u32),
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
        self.value_bytes = self.value_bytes.max(value.bytes());
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bugle_task::{Limits, Settings, Snapshot};

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
}
