/// Why the host did not do what a task asked of it. Nothing was changed by the call that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting's path is not one.
    #[error("`{path}` is not the path of a setting: {reason}")]
    InvalidPath {
        /// The path.
        path: String,
        /// Which rule it breaks.
        reason: String,
    },
    /// A setting holds a value of another type than the one asked for.
    #[error("the setting `{path}` is of the type {found}, not {wanted}")]
    WrongType {
        /// The path.
        path: String,
        /// The type it has.
        found: &'static str,
        /// The type that was asked for.
        wanted: &'static str,
    },
    /// A setting's value is too large.
    #[error("the value for the setting `{path}` is too large: it may have {bytes_max} bytes")]
    ValueTooLarge {
        /// The path.
        path: String,
        /// How large a value may be, in bytes.
        bytes_max: u32,
    },
    /// The app's settings, or what one run changes in them, would be too much.
    #[error("no room for the setting `{path}`: there may be {bytes_max} bytes in all")]
    QuotaExceeded {
        /// The path.
        path: String,
        /// The quota, in bytes.
        bytes_max: u32,
    },
    /// The app has all the settings that it may have.
    #[error("no room for the setting `{path}`: there may be {count_max} settings")]
    TooManySettings {
        /// The path.
        path: String,
        /// How many there may be.
        count_max: u32,
    },
    /// A toast, or a change to one, is too large.
    #[error("the toast is too large: it may have {bytes_max} bytes of text")]
    ToastTooLarge {
        /// How large it may be, in bytes.
        bytes_max: u32,
    },
    /// The run, or the app in this hour, may not raise or change another toast.
    #[error("too many toasts: no more than {count_max} may be raised or changed")]
    TooManyToasts {
        /// How many it may.
        count_max: u32,
    },
    /// A field of a toast is not as documented.
    #[error("the toast is not valid: {reason}")]
    InvalidToast {
        /// Which field, and why.
        reason: String,
    },
    /// Work for the app is too large.
    #[error("the work `{key}` for the app is too large: it may have {bytes_max} bytes")]
    WorkTooLarge {
        /// The work's key.
        key: String,
        /// How large it may be, in bytes.
        bytes_max: u32,
    },
    /// The run has left all the work that it may.
    #[error("too much work for the app: no room for `{key}`, there may be {count_max} keys")]
    TooMuchWork {
        /// The work's key.
        key: String,
        /// How many keys there may be.
        count_max: u32,
    },
    /// The key of work for the app is not as documented.
    #[error("the work `{key}` for the app is not valid: {reason}")]
    InvalidWork {
        /// The work's key.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// What a later version of the contract may add.
    #[error("the host refused: {reason}")]
    Other {
        /// What the host says.
        reason: String,
    },
}

impl Error {
    /// The stable name of this error, as the contract has it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidPath { .. } => "invalid-path",
            Self::WrongType { .. } => "wrong-type",
            Self::ValueTooLarge { .. } => "value-too-large",
            Self::QuotaExceeded { .. } => "quota-exceeded",
            Self::ToastTooLarge { .. } | Self::WorkTooLarge { .. } => "too-large",
            Self::TooManySettings { .. }
            | Self::TooManyToasts { .. }
            | Self::TooMuchWork { .. } => "too-many",
            Self::InvalidToast { .. } | Self::InvalidWork { .. } => "invalid",
            Self::Other { .. } => "other",
        }
    }
}
