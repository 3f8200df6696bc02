//! Notices for the person. They are raised when the run is committed, not before.
//!
//! All text is plain text. At most 8 toasts a run, each at most 5 KiB of text, at most 32 updates
//! and hides a run, and 60 toasts an hour for an app. Where toasts are not wanted all of this still
//! succeeds and nothing is shown: see [`permitted`].
//!
//! ```
//! # use bugle_guest::{Trigger, TaskError, testing::Run};
//! use bugle_guest::toasts::{Action, Toast};
//!
//! # fn run(_: Trigger) -> Result<(), TaskError> {
//! Toast::new("Ada Lovelace")
//!     .body("Notes on the engine")
//!     .tag("mail-17")
//!     .action(Action::new("Archive", "archive=17"))
//!     .show()?;
//! # Ok(())
//! # }
//! # assert!(Run::of(run).push(b"").outcome.is_completed());
//! ```

mod build;

use crate::bindings::bugle::task::toasts::ToastError;
use crate::{Error, host};

pub use crate::bindings::bugle::task::toasts::{
    Action, Choice, Image, Input, Placement, Progress, Scenario, Toast, ToastUpdate,
};

/// Whether the person, and who runs the host, want this app's toasts.
#[must_use]
pub fn permitted() -> bool {
    host::toasts::permitted()
}

/// Raises a toast, in place of one with the same tag and group.
///
/// # Errors
///
/// [`Error::ToastTooLarge`], [`Error::TooManyToasts`] and [`Error::InvalidToast`]. Toasts that were
/// raised before stay.
pub fn show(toast: &Toast) -> Result<(), Error> {
    host::toasts::show(toast).map_err(from_host)
}

/// Changes a toast if it is still there. `sequence` orders updates that may overtake one another:
/// one that is not above the last that was applied is ignored; 0 always applies.
///
/// # Errors
///
/// As for [`show`].
pub fn update(
    tag: &str,
    group: Option<&str>,
    sequence: u32,
    change: &ToastUpdate,
) -> Result<(), Error> {
    host::toasts::update(tag, group, sequence, change).map_err(from_host)
}

/// Takes one toast away.
///
/// # Errors
///
/// [`Error::TooManyToasts`] and [`Error::InvalidToast`].
pub fn hide(tag: &str, group: Option<&str>) -> Result<(), Error> {
    host::toasts::hide(Some(tag), group).map_err(from_host)
}

/// Takes all toasts of a group away.
///
/// # Errors
///
/// As for [`hide`].
pub fn hide_group(group: &str) -> Result<(), Error> {
    host::toasts::hide(None, Some(group)).map_err(from_host)
}

/// Takes all of the app's toasts away.
///
/// # Errors
///
/// As for [`hide`].
pub fn hide_all() -> Result<(), Error> {
    host::toasts::hide(None, None).map_err(from_host)
}

fn from_host(error: ToastError) -> Error {
    match error {
        ToastError::TooLarge(bytes_max) => Error::ToastTooLarge { bytes_max },
        ToastError::TooMany(count_max) => Error::TooManyToasts { count_max },
        ToastError::Invalid(reason) => Error::InvalidToast { reason },
        ToastError::Other(reason) => Error::Other { reason },
    }
}
