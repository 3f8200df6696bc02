use std::fmt;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::SinkError;

/// How a secret begins as text (Standard Webhooks, "Signature scheme").
const PREFIX: &str = "whsec_";

/// What a webhook and its receiver share; webhooks are signed with it.
#[derive(Clone)]
pub struct WebhookSecret(Vec<u8>);

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret")
    }
}

impl WebhookSecret {
    /// Reads the secret that a file has: `whsec_` and 24 to 64 bytes in base64.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or has none.
    pub fn read(path: &Path) -> Result<Self, SinkError> {
        let text = fs::read_to_string(path).map_err(|source| SinkError::file(path, source))?;
        Self::parse(text.trim()).ok_or_else(|| SinkError::Secret { path: path.to_owned() })
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
        // As long as the standard has it.
        (24..=64).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The signature of a message, as the header `webhook-signature` has it: HMAC-SHA256 of id, moment in
    /// seconds and body with points between them (Standard Webhooks, "Signature scheme").
    pub(crate) fn sign(&self, id: &str, seconds: u64, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("any key has a fit length");
        mac.update(format!("{id}.{seconds}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard_is_signed_as_there() {
        // From the tests of its reference libraries.
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let secret = secret.expect("it is one");
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let signed = secret.sign(id, 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_has_its_prefix_and_its_length() {
        let text = |bytes: usize| format!("{PREFIX}{}", STANDARD.encode(vec![7; bytes]));
        assert!(WebhookSecret::parse(&text(24)).is_some());
        assert!(WebhookSecret::parse(&text(64)).is_some());
        for wrong in [text(23), text(65), text(32).replace(PREFIX, ""), "whsec_?".into()] {
            assert!(WebhookSecret::parse(&wrong).is_none(), "{wrong}");
        }
    }
}
