use std::io;
use std::process::ExitCode;

use bugle_gateway::{GatewayError, Refusal};
use bugle_sinks::SinkError;

/// How the program ends. The one table of exit codes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Ended {
    /// 0: it did what it was asked.
    Well,
    /// 1: the program works, and a task did not complete, or a replay differs.
    TaskFailed,
    /// 2: what was asked for is wrong, or not there. Also what clap ends with.
    Usage,
    /// 3: the host cannot do it.
    Host,
    /// As the compiler's child process says.
    As(ExitCode),
}

impl From<Ended> for ExitCode {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Well => Self::SUCCESS,
            Ended::TaskFailed => Self::from(1),
            Ended::Usage => Self::from(2),
            Ended::Host => Self::from(3),
            Ended::As(code) => code,
        }
    }
}

/// Why the program did not do what it was asked.
#[derive(Debug, PartialEq)]
pub(crate) enum Failure {
    /// For people to read.
    Refused(Refusal),
    /// Nobody reads the output any more, so there is nobody to tell.
    OutputClosed,
}

impl Failure {
    /// Something about the request that its author can mend.
    pub(crate) fn usage(code: &str, message: impl Into<String>) -> Self {
        Self::Refused(Refusal::usage(code, message))
    }

    /// Something that only whoever runs the host can mend.
    pub(crate) fn host(code: &str, message: impl Into<String>) -> Self {
        Self::Refused(Refusal::host(code, message))
    }

    /// Adds what to do next.
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        match self {
            Self::Refused(refusal) => Self::Refused(refusal.hint(hint)),
            Self::OutputClosed => self,
        }
    }

    /// What is wrong, in one sentence.
    pub(crate) fn message(&self) -> &str {
        match self {
            Self::Refused(refusal) => &refusal.message,
            Self::OutputClosed => "nobody reads the output",
        }
    }

    /// Whether it is the error of this stable name.
    pub(crate) fn is(&self, code: &str) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.code == code)
    }

    pub(crate) fn ended(&self) -> Ended {
        match self {
            Self::Refused(refusal) if refusal.is_usage => Ended::Usage,
            Self::Refused(_) => Ended::Host,
            Self::OutputClosed => Ended::Well,
        }
    }

    /// For writing to standard output.
    pub(crate) fn output(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::OutputClosed;
        }
        Self::host("output", format!("the output cannot be written: {error}"))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<bugle::Error> for Failure {
    fn from(error: bugle::Error) -> Self {
        Self::Refused(error.into())
    }
}

impl From<bugle_cases::Error> for Failure {
    fn from(error: bugle_cases::Error) -> Self {
        match error {
            bugle_cases::Error::Host(error) => error.into(),
            error if error.is_usage() => Self::usage(error.code(), error.to_string()),
            error => Self::host(error.code(), error.to_string()),
        }
    }
}

impl From<SinkError> for Failure {
    fn from(error: SinkError) -> Self {
        Self::usage(error.code(), error.to_string())
    }
}

impl From<GatewayError> for Failure {
    fn from(error: GatewayError) -> Self {
        Self::Refused(error.into())
    }
}
