use std::error::Error as _;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::GatewayError;

/// Why a command was not carried out, in a form that travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The error's stable name.
    pub code: String,
    /// One line: what is wrong and what to do. May quote what a guest or a sender said: clean it
    /// before a terminal sees it.
    pub message: String,
    /// What to do next, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What is behind the error, nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// Whether the request is at fault, and not the host.
    pub is_usage: bool,
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
            code: error.code().to_owned(),
            message: error.to_string(),
            hint: error.hint().map(str::to_owned),
            causes: causes(error.source()),
            is_usage: error.is_usage(),
        }
    }
}

impl From<GatewayError> for Refusal {
    fn from(error: GatewayError) -> Self {
        Self {
            code: error.code().to_owned(),
            message: error.to_string(),
            hint: None,
            causes: causes(error.source()),
            is_usage: false,
        }
    }
}

fn causes(first: Option<&(dyn std::error::Error + 'static)>) -> Vec<String> {
    std::iter::successors(first, |error| (*error).source()).map(ToString::to_string).collect()
}
