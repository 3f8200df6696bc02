//! Who sends (RFC 8292): a token that the sender signed for this host and for at most a day.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, header};
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::{Map, Value};

use super::parameter::{decode, parameter, parameter_in};
use super::subscription::KEY_BYTES;

/// The length of a token: ten times that of those that senders make.
const TOKEN_BYTES_MAX: usize = 4 * 1_024;

/// How far ahead a token may end: 24 hours (RFC 8292 section 2), and a minute for the clock of a
/// sender that makes full use of them.
const LIFE_S_MAX: u64 = 24 * 60 * 60 + 60;

/// Reads who claims to have sent a request. `None` if nobody does: there is no `Authorization`, or
/// it is of another scheme, or a `Bearer` that comes without a VAPID key and may be anything.
///
/// # Errors
///
/// If there is a claim that nobody could verify.
pub fn parse(headers: &HeaderMap) -> Result<Option<Claim>, VapidError> {
    let mut lines = headers.get_all(header::AUTHORIZATION).iter();
    let Some(line) = lines.next() else { return Ok(None) };
    if lines.next().is_some() {
        return Err(VapidError::Repeated);
    }
    let line = line.to_str().unwrap_or_default().trim();
    let Some((scheme, rest)) = line.split_once(' ') else { return Ok(None) };
    let key_beside = parameter(headers, "Crypto-Key", "p256ecdsa");
    let (token, key) = match scheme.to_ascii_lowercase().as_str() {
        "vapid" => (parameter_in(rest, "t"), parameter_in(rest, "k")),
        "webpush" => (Some(rest.trim()), key_beside),
        "bearer" if key_beside.is_some() => (Some(rest.trim()), key_beside),
        _ => return Ok(None),
    };
    match (token, key) {
        (Some(token), Some(key)) => Claim::new(token, key).map(Some),
        _ => Err(VapidError::Incomplete),
    }
}

/// A token and the key that is said to have signed it: nothing is known about either yet.
#[derive(Clone, PartialEq, Eq)]
pub struct Claim {
    token: String,
    key: [u8; KEY_BYTES],
}

/// Whoever has the token can send with it.
impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Claim(secret)")
    }
}

impl Claim {
    fn new(token: &str, key: &str) -> Result<Self, VapidError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(VapidError::TokenTooLong { bytes: token.len() });
        }
        let key = decode(key).and_then(|key| key.try_into().ok()).ok_or(VapidError::Key)?;
        Ok(Self { token: token.to_owned(), key })
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    pub(super) fn key(&self) -> &[u8; KEY_BYTES] {
        &self.key
    }

    /// Verifies that the key signed the token, for one of these origins and for now.
    ///
    /// # Errors
    ///
    /// If it did not.
    pub fn verify(&self, audience: &[String], now_s: u64) -> Result<Credentials, VapidError> {
        let (signed, signature) = self.token.rsplit_once('.').ok_or(VapidError::Token)?;
        let (header, claims) = signed.split_once('.').ok_or(VapidError::Token)?;
        check_header(&object(header)?)?;
        let claims = object(claims)?;
        if !is_for(&claims, audience) {
            return Err(VapidError::Audience { expected: audience.join("` or `") });
        }
        let expires_at_s = expires_at_s(&claims, now_s)?;
        let subject = subject(&claims)?;
        // The last, because it costs more than all others.
        self.check_signature(signed, signature)?;
        Ok(Credentials { key: self.key, subject, expires_at_s })
    }

    fn check_signature(&self, signed: &str, signature: &str) -> Result<(), VapidError> {
        // A key of 65 bytes is uncompressed, or no point.
        let key = VerifyingKey::from_sec1_bytes(&self.key).map_err(|_| VapidError::Key)?;
        let signature = decode(signature).and_then(|bytes| Signature::from_slice(&bytes).ok());
        let signature = signature.ok_or(VapidError::Signature)?;
        key.verify(signed.as_bytes(), &signature).map_err(|_| VapidError::Signature)
    }
}

/// Who sent a request, verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The sender's public key, as an uncompressed point: the same for all that it sends.
    pub key: [u8; KEY_BYTES],
    /// How to reach whoever runs the sender: a `mailto:` or `https:` URL.
    pub subject: Option<String>,
    /// When the token ends, in seconds since 1970.
    pub expires_at_s: u64,
}

impl Credentials {
    /// Checks that the sender is the one that a subscription is restricted to (RFC 8292 section
    /// 4.2).
    ///
    /// # Errors
    ///
    /// If it is another.
    pub fn check_key(&self, restricted_to: &[u8; KEY_BYTES]) -> Result<(), VapidError> {
        if self.key == *restricted_to { Ok(()) } else { Err(VapidError::OtherKey) }
    }
}

/// Takes a part of the token apart (RFC 7515 section 3.1).
fn object(part: &str) -> Result<Map<String, Value>, VapidError> {
    decode(part).and_then(|json| serde_json::from_slice(&json).ok()).ok_or(VapidError::Token)
}

/// One algorithm (RFC 8292 section 2), whatever the token would like, and no extension that has to
/// be understood (RFC 7515 section 4.1.11).
fn check_header(header: &Map<String, Value>) -> Result<(), VapidError> {
    let is_es256 = header.get("alg").and_then(Value::as_str) == Some("ES256");
    if is_es256 && !header.contains_key("crit") { Ok(()) } else { Err(VapidError::Algorithm) }
}

/// One name or several (RFC 7519 section 4.1.3).
fn is_for(claims: &Map<String, Value>, audience: &[String]) -> bool {
    let is_ours = |name: &Value| audience.iter().any(|origin| name == origin.as_str());
    match claims.get("aud") {
        Some(Value::Array(names)) => names.iter().any(is_ours),
        Some(name) => is_ours(name),
        None => false,
    }
}

fn expires_at_s(claims: &Map<String, Value>, now_s: u64) -> Result<u64, VapidError> {
    let exp = claims.get("exp").ok_or(VapidError::Expiry)?;
    // A date may have a fraction (RFC 7519 section 2). Cut off, it ends no later than it says.
    let cut = || Some(Duration::try_from_secs_f64(exp.as_f64()?).ok()?.as_secs());
    let expires_at_s = exp.as_u64().or_else(cut).ok_or(VapidError::Expiry)?;
    if expires_at_s <= now_s {
        return Err(VapidError::Expired { expires_at_s, now_s });
    }
    if expires_at_s > now_s.saturating_add(LIFE_S_MAX) {
        return Err(VapidError::TooFarAhead { expires_at_s, now_s });
    }
    Ok(expires_at_s)
}

fn subject(claims: &Map<String, Value>) -> Result<Option<String>, VapidError> {
    let Some(subject) = claims.get("sub") else { return Ok(None) };
    let subject = subject.as_str().ok_or(VapidError::Subject)?;
    let is_of = |scheme: &str| {
        let start = subject.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    // Operators read it in logs and terminals.
    let is_plain = !subject.chars().any(char::is_control);
    if is_plain && (is_of("mailto:") || is_of("https:")) {
        Ok(Some(subject.to_owned()))
    } else {
        Err(VapidError::Subject)
    }
}

/// Why a claim was not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says itself")]
pub enum VapidError {
    #[error("`Authorization` is there twice; send it once")]
    Repeated,
    #[error("VAPID needs a token and a public key; send `Authorization: vapid t=…, k=…`")]
    Incomplete,
    #[error("the token has {bytes} bytes and may have {TOKEN_BYTES_MAX}; claim less")]
    TokenTooLong { bytes: usize },
    #[error("`k` is not an uncompressed point of P-256 in base64url, which has 65 bytes")]
    Key,
    #[error("the token is not a JWT: JSON, JSON and a signature, in base64url, with dots between")]
    Token,
    #[error("the token's `alg` is not `ES256`, or it has a `crit`; sign it with ES256")]
    Algorithm,
    #[error("the token's `aud` is not this host; set it to `{expected}`")]
    Audience { expected: String },
    #[error("the token's `exp` is missing or no number; set it to seconds since 1970")]
    Expiry,
    #[error("the token ended at {expires_at_s} and it is {now_s}; sign another")]
    Expired { expires_at_s: u64, now_s: u64 },
    #[error("the token ends at {expires_at_s} and it is {now_s}; 24 hours are the most")]
    TooFarAhead { expires_at_s: u64, now_s: u64 },
    #[error("the token's `sub` is neither a `mailto:` nor an `https:` URL; correct it or omit it")]
    Subject,
    #[error("the token's signature is not that of `k`; sign with the key that belongs to it")]
    Signature,
    #[error("the subscription is for another key; sign with the one that it was made for")]
    OtherKey,
}

impl VapidError {
    /// The stable name of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Repeated => "vapid-repeated",
            Self::Incomplete => "vapid-incomplete",
            Self::TokenTooLong { .. } => "vapid-token-too-long",
            Self::Key => "vapid-key",
            Self::Token => "vapid-token",
            Self::Algorithm => "vapid-algorithm",
            Self::Audience { .. } => "vapid-audience",
            Self::Expiry => "vapid-expiry",
            Self::Expired { .. } => "vapid-expired",
            Self::TooFarAhead { .. } => "vapid-too-far-ahead",
            Self::Subject => "vapid-subject",
            Self::Signature => "vapid-signature",
            Self::OtherKey => "vapid-other-key",
        }
    }
}

#[cfg(test)]
mod tests;
