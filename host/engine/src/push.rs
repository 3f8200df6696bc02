use std::time::Duration;

use bugle_task::{Bytes, Header};

/// A raw push as it is given to the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    pub(crate) content: Bytes,
    pub(crate) content_type: Option<String>,
    pub(crate) headers: Vec<Header>,
    pub(crate) ttl: Option<Duration>,
}

impl Push {
    /// A push of 1 to 5,000 bytes.
    #[must_use]
    pub fn new(content: impl Into<Vec<u8>>) -> Self {
        let content = Bytes(content.into());
        Self { content, content_type: None, headers: Vec::new(), ttl: None }
    }

    /// Says what the content is; at most 255 bytes.
    #[must_use]
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// Adds a header for the task; the name is put in lower case. At most 16, at most 4 KiB together.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push(Header { name: name.to_ascii_lowercase(), value: value.into() });
        self
    }

    /// How long the push is worth running; 0 is one attempt and no retry.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }
}
