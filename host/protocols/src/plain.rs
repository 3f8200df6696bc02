//! Plain HTTP: how a sender proves itself to a channel that wants a key, and names a push so that it is
//! taken once.
//!
//! | what | source |
//! |---|---|
//! | `Authorization: Bearer KEY` | RFC 6750, section 2.1 |
//! | `webhook-id`, `webhook-timestamp`, `webhook-signature` | Standard Webhooks 1.0 |
//! | `X-Hub-Signature-256` | GitHub's page "Validating webhook deliveries"; Gitea and others send it too |
//! | `Idempotency-Key` | draft-ietf-httpapi-idempotency-key-header |

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use http::{HeaderMap, HeaderValue, header};
use sha2::Sha256;

/// How a key begins as text, by which libraries of Standard Webhooks know one.
const KEY_PREFIX: &str = "whsec_";

/// How far a signature's time may be from ours, in seconds: what Standard Webhooks' libraries allow.
const TOLERANCE_S: u64 = 5 * 60;

/// The most bytes of an idempotency key: a UUID has 36, and longer ones than this are no names.
const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;

/// The most signatures of a request that are looked at: two while a key is replaced.
const SIGNATURES_MAX: usize = 8;

/// The key of a channel that takes pushes of those only who have it.
#[derive(Clone)]
pub struct ChannelKey([u8; 32]);

impl fmt::Debug for ChannelKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChannelKey(secret)")
    }
}

/// Why a push does not prove who sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// It has no key.
    #[error("the channel wants its key: send `Authorization: Bearer KEY`")]
    NoKey,
    /// It has no signature.
    #[error(
        "the channel wants a signature: send `webhook-id`, `webhook-timestamp` and \
         `webhook-signature`, or `X-Hub-Signature-256`"
    )]
    NoSignature,
    /// The key, or what it signed, is another one.
    #[error("the key or the signature is wrong")]
    Wrong,
    /// It was signed at another time: it may be a copy.
    #[error("the signature's time is more than {} minutes off", TOLERANCE_S / 60)]
    OtherTime,
}

impl ProofError {
    /// The error's stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoKey => "key-missing",
            Self::NoSignature => "signature-missing",
            Self::Wrong => "proof-wrong",
            Self::OtherTime => "signature-time",
        }
    }
}

impl ChannelKey {
    /// The key of 32 random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key as senders have it: `whsec_` and 44 characters of base64.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{KEY_PREFIX}{}", STANDARD.encode(self.0))
    }

    /// Checks that a request has the key, in a time that tells nothing about it.
    ///
    /// # Errors
    ///
    /// There is no key, or another one.
    pub fn check_bearer(&self, headers: &HeaderMap) -> Result<(), ProofError> {
        let value = text(headers, header::AUTHORIZATION.as_str()).ok_or(ProofError::NoKey)?;
        let (scheme, given) = value.split_once(' ').ok_or(ProofError::NoKey)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(ProofError::NoKey);
        }
        let right = mac(&self.0, &[self.text().as_bytes()]).finalize().into_bytes();
        let given = mac(&self.0, &[given.trim().as_bytes()]);
        given.verify_slice(&right).map_err(|_| ProofError::Wrong)
    }

    /// Checks that a request's body was signed with the key, by Standard Webhooks or as GitHub does.
    /// Only the former says when; a copy of the latter is taken again. `now` is in seconds since 1970.
    ///
    /// # Errors
    ///
    /// There is no signature, or none of this body with this key, or none of about now.
    pub fn check_signature(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: u64,
    ) -> Result<(), ProofError> {
        if let Some(signatures) = text(headers, "webhook-signature") {
            let part = |name| text(headers, name).ok_or(ProofError::NoSignature);
            let (id, time) = (part("webhook-id")?, part("webhook-timestamp")?);
            check_webhook(&self.0, id, time, body, signatures)?;
            let time: u64 = time.parse().map_err(|_| ProofError::Wrong)?;
            return if now.abs_diff(time) <= TOLERANCE_S {
                Ok(())
            } else {
                Err(ProofError::OtherTime)
            };
        }
        let signature = text(headers, "x-hub-signature-256").ok_or(ProofError::NoSignature)?;
        check_hub(self.text().as_bytes(), body, signature)
    }
}

/// Standard Webhooks: some `v1,BASE64` with blanks between, over the id, the time and the body.
fn check_webhook(
    key: &[u8],
    id: &str,
    time: &str,
    body: &[u8],
    signatures: &str,
) -> Result<(), ProofError> {
    let signed = mac(key, &[id.as_bytes(), b".", time.as_bytes(), b".", body]);
    let given = signatures.split(' ').take(SIGNATURES_MAX);
    let mut given = given.filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok());
    let is_right = given.any(|given| signed.clone().verify_slice(&given).is_ok());
    if is_right { Ok(()) } else { Err(ProofError::Wrong) }
}

/// GitHub: `sha256=HEX` over the body, and the key is the bytes of its text.
fn check_hub(key: &[u8], body: &[u8], signature: &str) -> Result<(), ProofError> {
    let given = signature.strip_prefix("sha256=").and_then(from_hex).ok_or(ProofError::Wrong)?;
    mac(key, &[body]).verify_slice(&given).map_err(|_| ProofError::Wrong)
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = Hmac::new_from_slice(key).expect("HMAC takes a key of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 2 * bytes.len() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// By what name a sender calls a push that it may send again: `Idempotency-Key`, as a string of
/// structured fields or as it is; else the id of a webhook.
///
/// # Errors
///
/// There is one, and it is not 1 to 255 visible characters.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, InvalidKey> {
    let value = headers.get("idempotency-key").or_else(|| headers.get("webhook-id"));
    value.map(name).transpose()
}

/// The same of a push that is signed: where the signature is over the name too, that one, so that a copy
/// under another name is not taken as another push.
///
/// # Errors
///
/// As [`idempotency_key`].
pub fn signed_name(headers: &HeaderMap) -> Result<Option<&str>, InvalidKey> {
    if headers.contains_key("webhook-signature") {
        return headers.get("webhook-id").map(name).transpose();
    }
    idempotency_key(headers)
}

fn name(value: &HeaderValue) -> Result<&str, InvalidKey> {
    let text = value.to_str().map_err(|_| InvalidKey)?.trim();
    let unquoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let key = unquoted.unwrap_or(text);
    let is_named = key.bytes().all(|byte| byte.is_ascii_graphic());
    if key.is_empty() || key.len() > IDEMPOTENCY_KEY_BYTES_MAX || !is_named {
        return Err(InvalidKey);
    }
    Ok(key)
}

/// A name of a push that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`Idempotency-Key` has 1 to {IDEMPOTENCY_KEY_BYTES_MAX} visible characters, like a UUID")]
pub struct InvalidKey;

impl InvalidKey {
    /// The error's stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        "invalid-idempotency-key"
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_614_265_330;

    fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (http::HeaderName::from_static(name), value.parse().expect("it is a value"))
        };
        all.iter().map(pair).collect()
    }

    fn key() -> ChannelKey {
        ChannelKey::new([7; 32])
    }

    #[test]
    fn a_key_is_a_bearers() {
        let bearer = format!("Bearer {}", key().text());
        assert_eq!(key().check_bearer(&headers(&[("authorization", &bearer)])), Ok(()));
        for (value, error) in [
            ("Bearer whsec_AAAA", ProofError::Wrong),
            ("Bearer ", ProofError::NoKey),
            ("Basic eDp5", ProofError::NoKey),
        ] {
            let headers = headers(&[("authorization", value)]);
            assert_eq!(key().check_bearer(&headers), Err(error), "{value}");
        }
        assert_eq!(key().check_bearer(&HeaderMap::new()), Err(ProofError::NoKey));
        assert!(!format!("{:?}", key()).contains("BwcH"));
    }

    /// The example of GitHub's page "Validating webhook deliveries".
    #[test]
    fn githubs_own_example_is_right() {
        let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        let secret = b"It's a Secret to Everybody";
        assert_eq!(check_hub(secret, b"Hello, World!", signature), Ok(()));
        assert_eq!(check_hub(secret, b"Hello, World?", signature), Err(ProofError::Wrong));
        for wrong in ["", "sha256=", "sha1=00", &signature[..70], &signature.replace('7', "x")] {
            assert_eq!(check_hub(secret, b"Hello, World!", wrong), Err(ProofError::Wrong));
        }
    }

    /// The example of the specification of Standard Webhooks.
    #[test]
    fn standard_webhooks_own_example_is_right() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("it is base64");
        let (id, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", br#"{"test": 2432232314}"#);
        let right = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        let time = NOW.to_string();
        assert_eq!(check_webhook(&secret, id, &time, body, right), Ok(()));
        let two = format!("v1a,AAAA v1,AAAA {right}");
        assert_eq!(check_webhook(&secret, id, &time, body, &two), Ok(()));
        assert_eq!(check_webhook(&secret, id, "1", body, right), Err(ProofError::Wrong));
    }

    #[test]
    fn a_signature_of_another_time_is_a_copy() {
        let time = NOW.to_string();
        let signed = mac(&key().0, &[b"a.", time.as_bytes(), b".", b"hello"]).finalize();
        let signature = format!("v1,{}", STANDARD.encode(signed.into_bytes()));
        let signed = [
            ("webhook-id", "a"),
            ("webhook-timestamp", &time),
            ("webhook-signature", signature.as_str()),
        ];
        let check = |headers: &[(&'static str, &str)], now| {
            key().check_signature(&self::headers(headers), b"hello", now)
        };
        assert_eq!(check(&signed, NOW + TOLERANCE_S), Ok(()));
        assert_eq!(check(&signed, NOW + TOLERANCE_S + 1), Err(ProofError::OtherTime));
        assert_eq!(check(&signed, NOW - TOLERANCE_S - 1), Err(ProofError::OtherTime));
        assert_eq!(check(&signed[1..], NOW), Err(ProofError::NoSignature));
        assert_eq!(check(&[], NOW), Err(ProofError::NoSignature));
    }

    #[test]
    fn a_push_is_named_by_its_sender() {
        let key = |all: &[(&'static str, &str)]| {
            idempotency_key(&headers(all)).map(|key| key.map(str::to_owned))
        };
        assert_eq!(key(&[]), Ok(None));
        assert_eq!(key(&[("webhook-id", "w")]), Ok(Some("w".into())));
        let both = [("webhook-id", "w"), ("idempotency-key", "\"8e03\"")];
        assert_eq!(key(&both), Ok(Some("8e03".into())));
        let signed = headers(&[both[0], both[1], ("webhook-signature", "v1,AAAA")]);
        assert_eq!(signed_name(&signed), Ok(Some("w")), "only that is signed");
        assert_eq!(signed_name(&headers(&both)), Ok(Some("8e03")));
        let long = "x".repeat(IDEMPOTENCY_KEY_BYTES_MAX + 1);
        for wrong in ["", "\"\"", "a b", &long] {
            assert_eq!(key(&[("idempotency-key", wrong)]), Err(InvalidKey), "{wrong}");
        }
    }
}
