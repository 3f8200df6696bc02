//! What senders of pushes say, and what they are told: pure functions, without I/O.
//!
//! | protocol | source | module |
//! |---|---|---|
//! | WNS, the push service of Windows | its pages "Push notification service request and response headers", "Raw notification overview" | [`wns`] |
//! | Web Push | RFC 8030, 8188, 8291, 8292 | [`web_push`] |
//! | ntfy | its page "Publishing" | [`ntfy`] |
//! | Matrix push gateway | Push Gateway API | [`matrix`] |
//!
//! Whatever a sender says, nothing here panics, and what is read is bounded.
#![forbid(unsafe_code)]

pub mod matrix;
pub mod ntfy;
pub mod web_push;
pub mod wns;
