use std::fmt;

use serde::{Deserialize, Serialize};

use crate::GatewayError;

/// Why a command was not carried out, in a form that travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Refusal {
    /// The error's stable name.
    pub code: String,
    /// One line: what is wrong and what to do. May quote what a guest or a sender said: clean it
    /// before a terminal sees it.
    pub message: String,
    /// What to do next, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What is behind the error and not in its message, nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// Whether the request is at fault, and not the host.
    pub is_usage: bool,
}

impl Refusal {
    /// A request that its author can mend.
    pub fn usage(code: &str, message: impl Into<String>) -> Self {
        Self { is_usage: true, ..Self::host(code, message) }
    }

    /// A host that cannot do what it was asked.
    pub fn host(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            hint: None,
            causes: Vec::new(),
            is_usage: false,
        }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

impl From<bugle::Error> for Refusal {
    fn from(error: bugle::Error) -> Self {
        Self {
            hint: error.hint().map(str::to_owned),
            causes: causes(&error),
            is_usage: error.is_usage(),
            ..Self::host(error.code(), error.to_string())
        }
    }
}

impl From<GatewayError> for Refusal {
    fn from(error: GatewayError) -> Self {
        Self { causes: causes(&error), ..Self::host(error.code(), error.to_string()) }
    }
}

/// What is behind an error and not in its message already, nearest first.
fn causes(error: &(dyn std::error::Error + 'static)) -> Vec<String> {
    let message = error.to_string();
    std::iter::successors(error.source(), |error| (*error).source())
        .map(ToString::to_string)
        .filter(|cause| !message.contains(cause))
        .collect()
}
