//! The app's settings: what its tasks remember, and what its user interface reads.
//!
//! A path is names joined by `/`: `unread`, `inbox/unread`. Everything before the last name is a
//! container; containers appear when something is set in them and go with their last setting. A
//! name has 1 to 255 bytes and no `/`; a path has at most 32 names and 1,024 bytes.
//!
//! A value has at most 8 KiB, and an app at most 1 MiB in at most 4,096 settings; a run changes at
//! most 256 KiB, removals included. Reads see this run's own writes; writes are committed with the
//! rest of the run if it ends well.
//!
//! ```
//! # use bugle_guest::{Error, Trigger, TaskError, settings, testing::Run};
//! # fn run(_: Trigger) -> Result<(), TaskError> {
//! let unread = settings::get::<i64>("inbox/unread")?.unwrap_or(0);
//! settings::set("inbox/unread", unread + 1)?;
//! # Ok(())
//! # }
//! # assert!(Run::of(run).push(b"").outcome.is_completed());
//! ```

mod value;

use crate::bindings::bugle::task::local_settings::SettingsError;
use crate::{Error, host};

pub use crate::bindings::bugle::task::local_settings::{Item, Value};
pub use value::FromValue;

/// The most items that the host gives at once.
const PAGE_ITEMS: u32 = 256;

/// What is set at a path, as a type; none where nothing is set.
///
/// # Errors
///
/// [`Error::WrongType`] if the value is of another type, and [`Error::InvalidPath`].
pub fn get<T: FromValue>(path: &str) -> Result<Option<T>, Error> {
    let value = host::local_settings::get(path).map_err(|error| from_host(path, error))?;
    let Some(value) = value else { return Ok(None) };
    let found = value.kind();
    let wrong = || Error::WrongType { path: path.to_owned(), found, wanted: T::KIND };
    T::from_value(value).ok_or_else(wrong).map(Some)
}

/// Sets a value, in place of whatever value and type was there.
///
/// # Errors
///
/// [`Error::ValueTooLarge`], [`Error::QuotaExceeded`], [`Error::TooManySettings`] and
/// [`Error::InvalidPath`]. Nothing was set then.
pub fn set(path: &str, value: impl Into<Value>) -> Result<(), Error> {
    host::local_settings::set(path, &value.into()).map_err(|error| from_host(path, error))
}

/// Removes a setting; says whether there was one.
///
/// # Errors
///
/// [`Error::InvalidPath`]; [`Error::QuotaExceeded`] if a run may not change so much.
pub fn remove(path: &str) -> Result<bool, Error> {
    host::local_settings::remove(path).map_err(|error| from_host(path, error))
}

/// Removes a container and all in it; the empty path clears the app. Says how many settings went.
///
/// # Errors
///
/// [`Error::InvalidPath`]; [`Error::QuotaExceeded`] if a run may not change so much.
pub fn clear(container: &str) -> Result<u32, Error> {
    host::local_settings::clear(container).map_err(|error| from_host(container, error))
}

/// All that is in a container, in the order of the bytes of the names; the empty path is the app's
/// root. A name that is both a setting and a container comes twice, the setting first.
///
/// # Errors
///
/// [`Error::InvalidPath`].
pub fn items(container: &str) -> Result<Vec<Item>, Error> {
    let mut items = Vec::new();
    let mut after = None;
    loop {
        let page = host::local_settings::items(container, after.as_deref(), PAGE_ITEMS)
            .map_err(|error| from_host(container, error))?;
        items.extend(page.items);
        after = page.next;
        if after.is_none() {
            return Ok(items);
        }
    }
}

/// The version of the app's settings, 0 at first: for an app to know what shape its data has.
#[must_use]
pub fn version() -> u32 {
    host::local_settings::version()
}

/// Sets the version of the app's settings.
pub fn set_version(version: u32) {
    host::local_settings::set_version(version);
}

fn from_host(path: &str, error: SettingsError) -> Error {
    let path = path.to_owned();
    match error {
        SettingsError::InvalidPath(reason) => Error::InvalidPath { path, reason },
        SettingsError::ValueTooLarge(bytes_max) => Error::ValueTooLarge { path, bytes_max },
        SettingsError::QuotaExceeded(bytes_max) => Error::QuotaExceeded { path, bytes_max },
        SettingsError::TooMany(count_max) => Error::TooManySettings { path, count_max },
        SettingsError::Other(reason) => Error::Other { reason },
    }
}
