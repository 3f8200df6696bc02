use std::time::Duration;

use bugle_task::{Bytes, Header, RawNotification};

use crate::TraceContext;

/// Bytes that are kept of who sent a push: enough for an address of mail or a page.
const SENDER_BYTES_MAX: usize = 255;

/// A raw push as it is given to the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    pub(crate) content: Bytes,
    pub(crate) content_type: Option<String>,
    pub(crate) headers: Vec<Header>,
    pub(crate) ttl: Option<Duration>,
    pub(crate) topic: Option<String>,
    pub(crate) sender: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) may_be_empty: bool,
}

impl Push {
    /// A push of 1 to 5,000 bytes.
    #[must_use]
    pub fn new(content: impl Into<Vec<u8>>) -> Self {
        let content = Bytes(content.into());
        Self {
            content,
            content_type: None,
            headers: Vec::new(),
            ttl: None,
            topic: None,
            sender: None,
            name: None,
            may_be_empty: false,
        }
    }

    /// A push without content, where the protocol has such: it only wakes the task.
    #[must_use]
    pub fn empty() -> Self {
        Self { may_be_empty: true, ..Self::new(Vec::new()) }
    }

    /// The content.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        &self.content.0
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

    /// Makes what becomes of it a part of its sender's trace, by the value of a header `traceparent` (W3C
    /// Trace Context), which the task sees too. One that is not as it must be counts as none ("Processing
    /// Model"), and so does one for which the headers have no room: no trace is a reason to refuse a push.
    #[must_use]
    pub fn traceparent(self, value: &str) -> Self {
        // A later version may have more behind what this one knows.
        let known = TraceContext::parse(value).and_then(|_| value.get(..TraceContext::BYTES));
        let bytes = |header: &Header| header.name.len() + header.value.len();
        let bytes: usize = self.headers.iter().map(bytes).sum();
        let own = TraceContext::HEADER.len() + TraceContext::BYTES;
        let has_room = self.headers.len() < RawNotification::HEADERS_MAX
            && bytes + own <= RawNotification::HEADER_BYTES_MAX;
        match known.filter(|_| has_room) {
            Some(known) => self.header(TraceContext::HEADER, known),
            None => self,
        }
    }

    /// Names what the push is about: of several that wait on one channel only the last is run.
    #[must_use]
    pub fn topic(mut self, topic: impl Into<String>) -> Self {
        self.topic = Some(topic.into());
        self
    }

    /// Says who sent it, for whoever looks at the channel; at most 255 bytes are kept.
    #[must_use]
    pub fn sender(mut self, sender: impl Into<String>) -> Self {
        let mut sender = sender.into();
        sender.truncate(sender.floor_char_boundary(SENDER_BYTES_MAX));
        self.sender = Some(sender);
        self
    }

    /// Names the push, so that it is taken once however often it is sent: another of the same name on the
    /// same address gives the receipt of the first, for a day and for the channel's latest 10,000 names.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// How long the push is worth running; 0 is one attempt and no retry.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }
}
