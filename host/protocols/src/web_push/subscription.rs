use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ece::EcKeyComponents;
use hkdf::Hkdf;
use p256::SecretKey;
use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use serde_json::{Value, json};
use sha2::Sha256;

/// An uncompressed point of P-256: the form of every public key in Web Push (RFC 8291 section 3.1,
/// RFC 8292 section 3.2).
pub(super) const KEY_BYTES: usize = 65;
/// The length of the secret that proves a message is from someone who was given the subscription
/// (RFC 8291 section 3.2).
const AUTH_BYTES: usize = 16;

// Change either and every subscription that was handed out is void.
const PRIVATE_KEY: &[u8] = b"bugle web push 1 private key";
const AUTH_SECRET: &[u8] = b"bugle web push 1 auth secret";

/// The keys of a subscription: what messages are encrypted to. They are computed from a secret and
/// kept nowhere.
#[derive(Clone)]
pub struct SubscriptionKey {
    private: SecretKey,
    public: [u8; KEY_BYTES],
    auth: [u8; AUTH_BYTES],
}

impl SubscriptionKey {
    /// Computes the keys from a secret that is uniformly random: the same today and tomorrow.
    #[must_use]
    pub fn derive(secret: &[u8; 32]) -> Self {
        let hkdf = expander(secret);
        let candidates = (0..=u8::MAX).map(|attempt| expand(&hkdf, &[PRIVATE_KEY, &[attempt]]));
        Self::new(first_scalar(candidates), expand(&hkdf, &[AUTH_SECRET]))
    }

    fn new(private: SecretKey, auth: [u8; AUTH_BYTES]) -> Self {
        let public = uncompressed(&private);
        Self { private, public, auth }
    }

    #[cfg(test)]
    pub(super) fn from_parts(private: &[u8], auth: &[u8]) -> Self {
        let private = SecretKey::from_slice(private).expect("a scalar");
        Self::new(private, auth.try_into().expect("16 bytes"))
    }

    /// The public key, as an uncompressed point.
    #[must_use]
    pub fn public_key(&self) -> [u8; KEY_BYTES] {
        self.public
    }

    /// The public key, as subscriptions name it and write it.
    #[must_use]
    pub fn p256dh(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.public)
    }

    /// The authentication secret, as subscriptions name it and write it. Only senders may see it.
    #[must_use]
    pub fn auth(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.auth)
    }

    /// What a sender has to be given, in the form that libraries take: `PushSubscription.toJSON()`
    /// of the Push API. When it expires is not said, since it can be renewed.
    #[must_use]
    pub fn subscription(&self, endpoint: &str) -> Value {
        json!({
            "endpoint": endpoint,
            "expirationTime": null,
            "keys": { "p256dh": self.p256dh(), "auth": self.auth() },
        })
    }

    pub(super) fn auth_secret(&self) -> &[u8; AUTH_BYTES] {
        &self.auth
    }

    pub(super) fn components(&self) -> EcKeyComponents {
        EcKeyComponents::new(self.private.to_bytes().to_vec(), self.public.to_vec())
    }
}

impl fmt::Debug for SubscriptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubscriptionKey(secret)")
    }
}

/// Without HKDF's first step: the secret is as random as its result would be (RFC 5869 section
/// 3.3).
fn expander(secret: &[u8; 32]) -> Hkdf<Sha256> {
    Hkdf::from_prk(secret).expect("32 bytes are as long as a SHA-256, which is enough")
}

fn expand<const N: usize>(hkdf: &Hkdf<Sha256>, info: &[&[u8]]) -> [u8; N] {
    let mut bytes = [0; N];
    hkdf.expand_multi_info(info, &mut bytes).expect("N is far below the 8,160 bytes of HKDF");
    bytes
}

/// A number that is 0, or not below the order of the group, is no private key. That happens once in
/// 2^32, so 256 candidates have one that is.
fn first_scalar(mut candidates: impl Iterator<Item = [u8; 32]>) -> SecretKey {
    candidates
        .find_map(|candidate| SecretKey::from_slice(&candidate).ok())
        .expect("all candidates out of range has a chance of 2^-8192")
}

fn uncompressed(private: &SecretKey) -> [u8; KEY_BYTES] {
    let point = private.public_key().to_encoded_point(false);
    point.as_bytes().try_into().expect("an uncompressed point of P-256 has 65 bytes")
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn the_same_secret_gives_the_same_keys_for_ever() {
        let key = SubscriptionKey::derive(&[7; 32]);
        // Computed once with Python's `cryptography`.
        let p256dh = "BMurTkJrNPvYlwDinJf2JuzrvaQ9lLWGl4LbOXnR4D86\
                      mXEznaeKLWROKhxgdiJUgRO0FiPm49xRyXht5IdBp_4";
        assert_eq!(key.p256dh(), p256dh);
        assert_eq!(key.auth(), "vWbpnFkf9SjSzCdGc8mUpg");
        assert_ne!(SubscriptionKey::derive(&[8; 32]).public_key(), key.public_key());
    }

    #[test]
    fn a_candidate_out_of_range_is_passed_over() {
        let candidates = [[0xff; 32], [0; 32], [1; 32], [2; 32]];
        let private = first_scalar(candidates.into_iter());
        assert_eq!(private.to_bytes()[..], [1; 32][..]);
    }

    #[test]
    fn the_public_key_is_that_of_rfc_8291_appendix_a() {
        let p256dh = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcx\
                      aOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
        assert_eq!(samples::receiver().p256dh(), p256dh);
    }

    #[test]
    fn a_subscription_is_what_libraries_take() {
        let key = samples::receiver();
        let subscription = key.subscription("https://push.example/p/1");
        assert_eq!(subscription["endpoint"], "https://push.example/p/1");
        assert!(subscription["expirationTime"].is_null());
        assert_eq!(subscription["keys"]["p256dh"], key.p256dh());
        assert_eq!(subscription["keys"]["auth"], "BTBZMqHH6r4Tts7J_aSIgg");
    }

    #[test]
    fn keys_do_not_show_in_what_is_printed() {
        assert_eq!(format!("{:?}", samples::receiver()), "SubscriptionKey(secret)");
    }
}
