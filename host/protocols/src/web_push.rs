//! Web Push, as its receiving end speaks it: a channel is a push subscription, whose messages are
//! decrypted before they are accepted.
//!
//! | document | what is served |
//! |---|---|
//! | RFC 8030 | the request that delivers a message: `TTL`, `Urgency`, `Topic`, `Prefer: respond-async` ([`Request`]), and its refusals ([`Problem`]) |
//! | RFC 8188 | the coding `aes128gcm`, with one record or several ([`decrypt`]) |
//! | RFC 8291 | the keys of a subscription ([`SubscriptionKey`]) and what is computed from them |
//! | RFC 8292 | VAPID: who sends, by a signed token ([`vapid`]), verified once and remembered for as long as it lasts ([`VerifiedTokens`]) |
//! | draft-ietf-webpush-encryption-04 | the coding `aesgcm`, with one record: npm `@pushforge/builder` sends nothing else |
//! | the drafts before RFC 8292 | `Authorization: WebPush` and `Bearer` with `Crypto-Key: p256ecdsa=`: npm `web-push` sends it with `aesgcm` |
//!
//! Not here: push message resources and receipts (RFC 8030 sections 5.1 and 6), which need what the
//! host keeps; this module only says that a receipt is wanted.
//!
//! Nothing in this module reads, writes or waits, and it knows the time only from its callers.
//! Whatever a sender sends, it is an `Err` and never a panic.

mod content;
mod cryptographer;
mod message_name;
mod parameter;
mod problem;
mod request;
#[cfg(test)]
mod samples;
mod subscription;
pub mod vapid;
mod verified_tokens;

pub use content::{DecryptError, decrypt};
pub use message_name::{Message, MessageNames};
pub use problem::Problem;
pub use request::{Encoding, Request, TTL_MAX, Urgency};
pub use subscription::SubscriptionKey;
pub use vapid::{Claim, Credentials, VapidError};
pub use verified_tokens::VerifiedTokens;
