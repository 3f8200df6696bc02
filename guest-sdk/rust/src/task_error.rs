use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::bindings::bugle::task::types;

/// The longest pause that the contract knows, in milliseconds: 24 hours.
const RETRY_MS_MAX: u32 = 24 * 60 * 60 * 1_000;

/// How a task ends when it does not end well. The host acts on each of these.
///
/// `?` turns any error into [`TaskError::Failed`], its sources included. As with `anyhow`, this
/// type is no [`std::error::Error`] itself, since it could not be made from every error if it were
/// one. Messages are kept with the run, cut at 4 KiB.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TaskError {
    /// It went wrong. The host tries again with growing pauses, up to the attempt limit, then keeps
    /// the trigger as a dead letter with this message.
    Failed(String),
    /// Not now. The host tries again after the given time, or after its own pause. This counts as
    /// an attempt.
    Retry(Option<Duration>),
    /// Never: this trigger will not succeed however often it is tried. A dead letter at once.
    Rejected(String),
}

impl TaskError {
    /// It went wrong; the host tries again.
    #[must_use]
    pub fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }

    /// Not now; the host tries again after a pause of its own.
    #[must_use]
    pub fn retry() -> Self {
        Self::Retry(None)
    }

    /// Not now; the host tries again after a pause of whole milliseconds, at most 24 hours.
    #[must_use]
    pub fn retry_after(pause: Duration) -> Self {
        Self::Retry(Some(pause))
    }

    /// Never; the host keeps the trigger as a dead letter.
    #[must_use]
    pub fn rejected(message: impl Into<String>) -> Self {
        Self::Rejected(message.into())
    }
}

impl<E: Error> From<E> for TaskError {
    /// A failure that says what the error and each of its sources says.
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            message.push_str(": ");
            message.push_str(&error.to_string());
            source = error.source();
        }
        Self::Failed(message)
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(message) => write!(f, "failed: {message}"),
            Self::Retry(None) => f.write_str("retry"),
            Self::Retry(Some(pause)) => write!(f, "retry after {} ms", pause.as_millis()),
            Self::Rejected(message) => write!(f, "rejected: {message}"),
        }
    }
}

impl From<TaskError> for types::TaskError {
    fn from(error: TaskError) -> Self {
        match error {
            TaskError::Failed(message) => Self::Failed(message),
            TaskError::Retry(pause) => Self::Retry(pause.map(pause_ms)),
            TaskError::Rejected(message) => Self::Rejected(message),
        }
    }
}

fn pause_ms(pause: Duration) -> u32 {
    u32::try_from(pause.as_millis()).unwrap_or(RETRY_MS_MAX).min(RETRY_MS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the list is not whole")]
    struct Outer(#[from] std::num::ParseIntError);

    fn parse(text: &str) -> Result<i64, TaskError> {
        Ok(text.parse::<i64>().map_err(Outer)?)
    }

    #[test]
    fn any_error_becomes_a_failure_with_its_sources() {
        let expected = "the list is not whole: invalid digit found in string";
        assert_eq!(parse("x"), Err(TaskError::failed(expected)));
        assert_eq!(parse("7"), Ok(7));
    }

    #[test]
    fn a_pause_is_at_most_a_day() {
        let pause =
            |seconds| types::TaskError::from(TaskError::retry_after(Duration::from_secs(seconds)));
        assert_eq!(pause(2), types::TaskError::Retry(Some(2_000)));
        assert_eq!(pause(u64::MAX), types::TaskError::Retry(Some(RETRY_MS_MAX)));
    }
}
