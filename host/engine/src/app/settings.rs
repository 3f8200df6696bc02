use std::sync::Arc;

use bugle_store::wait;
use bugle_task::{Settings, Value, check_path};

use crate::foreground::ForegroundEvent;
use crate::inner::Inner;
use crate::lane::{Lane, Overlay};
use crate::pending::Pending;
use crate::{App, Error};

/// The settings of an app, as its user interface sees them.
#[derive(Debug, Clone)]
pub struct AppSettings {
    app: App,
}

impl AppSettings {
    pub(super) fn of(app: App) -> Self {
        Self { app }
    }

    /// What is set at a path.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn get(&self, path: &str) -> Pending<Option<Value>> {
        let read = || {
            check_path(path)?;
            Ok(self.read()?.get(path).cloned())
        };
        Pending::ready(read())
    }

    /// All settings.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn all(&self) -> Pending<Settings> {
        Pending::ready(self.read())
    }

    fn read(&self) -> Result<Settings, Error> {
        self.app.host.inner.reader.settings(&self.app.id)
    }

    /// Sets a value, between two runs.
    ///
    /// # Errors
    ///
    /// The path or the value is not what a setting may have, or the store cannot be written.
    pub fn set(&self, path: &str, value: Value) -> Pending<bool> {
        self.change(path, Some(value))
    }

    /// Removes a setting, between two runs. Whether there was one.
    ///
    /// # Errors
    ///
    /// The path is not what a setting may have, or the store cannot be written.
    pub fn unset(&self, path: &str) -> Pending<bool> {
        self.change(path, None)
    }

    pub(crate) fn change(&self, path: &str, value: Option<Value>) -> Pending<bool> {
        if let Err(error) = check_path(path) {
            return Pending::ready(Err(error.into()));
        }
        let path = path.to_owned();
        self.app.errand(move |inner, lane, overlay| change(inner, lane, overlay, path, value))
    }
}

/// Changes a setting in the app's line. What an app may set a task may set: the same quotas hold.
fn change(
    inner: &Inner,
    lane: &Lane,
    overlay: &mut Option<Overlay>,
    path: String,
    value: Option<Value>,
) -> Result<bool, Error> {
    if lane.lock().is_removed {
        return Err(Error::UnknownApp { app: lane.app().record.id.clone() });
    }
    let mut current = match overlay.take() {
        Some(current) => current,
        None => inner.load_overlay(lane.key)?,
    };
    let had_one = current.settings.get(&path).is_some();
    if value.is_none() && !had_one {
        *overlay = Some(current);
        return Ok(false);
    }
    let settings = Arc::make_mut(&mut current.settings);
    settings.apply(&path, value.clone());
    let limits = &inner.limits;
    let refused = match &value {
        Some(value) if value.bytes() > limits.setting_value_bytes => {
            Some(format!("a value has at most {} bytes", limits.setting_value_bytes))
        }
        Some(_) if settings.bytes() > limits.settings_bytes => {
            Some(format!("the app's settings have at most {} bytes", limits.settings_bytes))
        }
        Some(_) if settings.len() as u64 > limits.settings => {
            Some(format!("an app has at most {} settings", limits.settings))
        }
        _ => None,
    };
    if let Some(why) = refused {
        // The overlay has the change already; the store, which has not, is read again.
        return Err(Error::Setting { path, why });
    }
    let changes = [(path.clone(), value.clone())].into();
    current.change = wait(|reply| inner.store.change_settings(lane.key, changes, None, reply))?;
    *overlay = Some(current);
    if let Some(seat) = &lane.lock().seat {
        seat.tell(ForegroundEvent::Setting { path, value });
    }
    Ok(had_one)
}
