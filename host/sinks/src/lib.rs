//! Sinks that reach beyond the process: a file or a pipe, webhooks of others, and the desktop; and telemetry.
//!
//! A [`bugle::Sink`] is told of committed toasts and badges in order, on a thread and behind a cursor of its
//! own, so that none of these can hold up a push or another sink. What one cannot take comes again. This
//! crate owns the way out: opening what a line is written to, and HTTP to others, with its bounds.
//!
//! Invariants:
//! - Nothing is told twice under another id: whoever gets an event again can see it.
//! - A webhook goes to no private address unless the operator has said so, whatever a name resolves to.
//! - A secret is never logged, and shown by no error.
#![forbid(unsafe_code)]

mod address;
#[cfg(target_os = "linux")]
mod desktop;
mod error;
mod lines;
mod otlp;
mod out;
mod secret;
mod webhook;

#[cfg(target_os = "linux")]
pub use desktop::{Answer, Answered, DesktopSink};
pub use error::SinkError;
pub use lines::LinesSink;
pub use otlp::Telemetry;
pub use out::ANSWER_TIMEOUT;
pub use secret::WebhookSecret;
pub use webhook::{REFUSALS_MAX, RETRY_AFTER_MAX, Webhook, WebhookSink};
