//! What senders of pushes say, and what they are told: pure functions, without I/O.
//!
//! | protocol | source | module |
//! |---|---|---|
//! | WNS, the push service of Windows | its pages "Push notification service request and response headers", "Raw notification overview" | [`wns`] |
//! | Web Push | RFC 8030, 8188, 8291, 8292 | [`web_push`] |
//! | ntfy | its page "Publishing" | [`ntfy`] |
//! | Matrix push gateway | Push Gateway API | [`matrix`] |
//! | plain HTTP | RFC 6750, Standard Webhooks, GitHub's webhooks, the draft of `Idempotency-Key` | [`plain`] |
//! | proxies | RFC 7239, `X-Forwarded-For` | [`forwarded`] |
//!
//! Whatever a sender says, nothing here panics, and what is read is bounded.
#![forbid(unsafe_code)]

pub mod forwarded;
pub mod matrix;
pub mod ntfy;
pub mod plain;
pub mod web_push;
pub mod wns;
