//! What the tests of this module share: messages that others encrypted, and senders with tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderName, HeaderValue};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};

use super::request::Encoding;
use super::subscription::{KEY_BYTES, SubscriptionKey};
use super::vapid::{self, Claim};

/// The body of RFC 8291 section 5 and appendix A.
pub(super) const MESSAGE: &str = "\
    DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml\
    mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT\
    pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";

/// The keys that [`MESSAGE`] is encrypted to.
pub(super) fn receiver() -> SubscriptionKey {
    let private = decoded("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94");
    SubscriptionKey::from_parts(&private, &decoded("BTBZMqHH6r4Tts7J_aSIgg"))
}

/// A salt, the record size 26 and a sender's key, before records that were encrypted with Python's
/// `cryptography` to [`receiver`].
const RECORDS_HEADER: &str = "\
    AAECAwQFBgcICQoLDA0ODwAAABpBBG_wO5SSQc4drdQ1GeaWDgqFtBppoFwygQOq\
    K84VlMoWPE91OlW_AdxT9sCwx-7ni0DG_30lqW4igrmJzvccFEo";

/// Records after [`RECORDS_HEADER`].
pub(super) struct Records(&'static str);

/// `hello, bu` and 1, `gle` and 2.
pub(super) const TWO_RECORDS: Records =
    Records("y_JjCVN5WGYVj4BX66B2s_9RP9g7t1RdUI-NPGfxzgTenLyyCRN1-4O5l5MmEA");
/// 2.
pub(super) const EMPTY_CONTENT: Records = Records("oXPXrxVLUS01NWUqVyEc_8Q");
/// `hello, bu` and 1.
pub(super) const LAST_RECORD_MISSING: Records = Records("y_JjCVN5WGYVj4BX66B2s_9RP9g7t1RdUI8");
/// `hello, bu` and 2, `gle` and 2.
pub(super) const LAST_RECORD_FIRST: Records =
    Records("y_JjCVN5WGYVjKd6BwVD8DGCXXL17lrRPEWNPGfxzgTenLyyCRN1-4O5l5MmEA");
/// Ten times 0.
pub(super) const NOTHING_BUT_ZEROS: Records = Records("o5cPZTxVeARgjo0ZPKl-Mf4TQoagmsATre4");
/// `hello` and 3.
pub(super) const UNKNOWN_DELIMITER: Records = Records("y_JjCVNWcVBQAz48grtmClVXXPuVDg");

impl Records {
    pub(super) fn body(&self) -> Vec<u8> {
        [decoded(RECORDS_HEADER), decoded(self.0)].concat()
    }
}

pub(super) const AESGCM_DH: &str =
    "BNoRDbb84JGm8g5Z5CFxurSqsXWJ11ItfXEWYVLE85Y7CYkDjXsIEc4aqxYaQ1G8BqkXCJ6DPpDrWtdWj_mugHU";
pub(super) const AESGCM_SALT: &str = "lngarbyKfMoi9Z75xYXmkg";

/// The example of draft-ietf-webpush-encryption-04 section 5: whom it is for, how it is encrypted,
/// its body.
pub(super) fn aesgcm_message() -> (SubscriptionKey, Encoding, Vec<u8>) {
    let private = decoded("9FWl15_QUQAWDaD3k3l50ZBZQJ4au27F1V4F0uLSD_M");
    let key = SubscriptionKey::from_parts(&private, &decoded("R29vIGdvbyBnJyBqb29iIQ"));
    let (dh, salt) = (decoded(AESGCM_DH), decoded(AESGCM_SALT));
    let body = decoded("6nqAQUME8hNqw5J3kl8cpVVJylXKYqZOeseZG8UueKpA");
    (key, Encoding::AesGcm { dh, salt, rs: 4_096 }, body)
}

pub(super) fn decoded(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).expect("it is base64url")
}

pub(super) fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn headers(lines: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("it is a name");
        let value = HeaderValue::from_bytes(value.as_bytes()).expect("it is a value");
        headers.append(name, value);
    }
    headers
}

/// The origin that tokens are for.
pub(super) const ORIGIN: &str = "https://push.example";
/// The time at which tokens are verified, in seconds since 1970.
pub(super) const NOW_S: u64 = 1_700_000_000;

/// One of the senders.
pub(super) fn sender(number: u8) -> SigningKey {
    SigningKey::from_slice(&[number; 32]).expect("a scalar")
}

pub(super) fn key(sender: &SigningKey) -> [u8; KEY_BYTES] {
    let point = sender.verifying_key().to_encoded_point(false);
    point.as_bytes().try_into().expect("65 bytes")
}

/// What a good token says.
pub(super) fn claims() -> Value {
    json!({ "aud": ORIGIN, "exp": NOW_S + 3_600, "sub": "mailto:push@example.org" })
}

pub(super) fn token(sender: &SigningKey, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| encoded(value.to_string().as_bytes());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature: Signature = sender.sign(signed.as_bytes());
    format!("{signed}.{}", encoded(&signature.to_bytes()))
}

/// A good claim of a sender.
pub(super) fn claim(sender: &SigningKey) -> Claim {
    claim_of(&token(sender, &json!({ "typ": "JWT", "alg": "ES256" }), &claims()), sender)
}

/// The claim that a sender signed this token.
pub(super) fn claim_of(token: &str, sender: &SigningKey) -> Claim {
    let value = format!("vapid t={token}, k={}", encoded(&key(sender)));
    let claim = vapid::parse(&headers(&[("Authorization", value.as_str())]));
    claim.expect("it is vapid").expect("it is there")
}
