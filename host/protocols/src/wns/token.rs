mod request;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bugle_task::{AppId, Timestamp};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::Problem;

pub use request::{Scope, TokenProblem, TokenRequest, parse_token_request};

/// How long a token lasts: the `expires_in` of the recorded service, a day.
const LIFE_SECONDS: u64 = 86_400;

/// The first byte of a token. Another layout gets another number.
const VERSION: u8 = 1;

/// The bytes of an `HMAC-SHA256`.
const MAC_BYTES: usize = 32;

/// The most bytes of a token: the version, the expiry, an app's id of at most 128 bytes, the MAC.
const TOKEN_BYTES_MAX: usize = 1 + 8 + 128 + MAC_BYTES;

/// The same in base64, four characters for three bytes.
const TOKEN_CHARS_MAX: usize = (TOKEN_BYTES_MAX * 4).div_ceil(3);

/// What a MAC is over, before the token itself: the key makes nothing else valid.
const PURPOSE: &[u8] = b"bugle wns token\0";

/// The secret with which tokens are made and checked. A token needs no store: it says for which app it
/// is and until when, and that this host said so.
#[derive(Clone)]
pub struct TokenKey([u8; 32]);

/// Why a token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// This host did not make it, or it was changed.
    #[error("the token is not one that this host gave; ask for a new one")]
    Malformed,
    /// Its day is over.
    #[error("the token has expired; ask for a new one")]
    Expired,
}

impl TokenError {
    /// The stable name of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "token-malformed",
            Self::Expired => "token-expired",
        }
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        Self::Unauthorized(error.to_string())
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey(secret)")
    }
}

impl TokenKey {
    /// A key of 32 random bytes.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// A token for an app, and for how many seconds it is valid.
    #[must_use]
    pub fn issue(&self, app: &AppId, now: Timestamp) -> (String, u64) {
        let expires = now.saturating_add(LIFE_SECONDS * 1_000);
        let mut token = vec![VERSION];
        token.extend_from_slice(&expires.to_be_bytes());
        token.extend_from_slice(app.as_str().as_bytes());
        let mac = self.mac(&token).finalize().into_bytes();
        token.extend_from_slice(&mac);
        (URL_SAFE_NO_PAD.encode(token), LIFE_SECONDS)
    }

    /// The app that a token is for.
    ///
    /// # Errors
    ///
    /// [`TokenError`]: the token is not of this key, or its time is over.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<AppId, TokenError> {
        if token.len() > TOKEN_CHARS_MAX {
            return Err(TokenError::Malformed);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| TokenError::Malformed)?;
        let (claims, mac) = bytes.split_last_chunk::<MAC_BYTES>().ok_or(TokenError::Malformed)?;
        // In constant time. Nothing of the claims is looked at before.
        self.mac(claims).verify_slice(mac).map_err(|_| TokenError::Malformed)?;
        let (expires, app) = read(claims).ok_or(TokenError::Malformed)?;
        if now >= expires {
            return Err(TokenError::Expired);
        }
        Ok(app)
    }

    /// The app that a token says it is for, which nothing has proved: to find the key that can.
    #[must_use]
    pub fn claimed_app(token: &str) -> Option<AppId> {
        let bounded = Some(token).filter(|token| token.len() <= TOKEN_CHARS_MAX)?;
        let bytes = URL_SAFE_NO_PAD.decode(bounded).ok()?;
        let (claims, _) = bytes.split_last_chunk::<MAC_BYTES>()?;
        read(claims).map(|(_, app)| app)
    }

    fn mac(&self, claims: &[u8]) -> Hmac<Sha256> {
        let key = Hmac::<Sha256>::new_from_slice(&self.0);
        let mut mac = key.expect("HMAC takes a key of any length");
        mac.update(PURPOSE);
        mac.update(claims);
        mac
    }
}

fn read(claims: &[u8]) -> Option<(Timestamp, AppId)> {
    let (version, rest) = claims.split_first()?;
    let (expires, app) = rest.split_first_chunk::<8>()?;
    if *version != VERSION {
        return None;
    }
    let app = std::str::from_utf8(app).ok()?.parse::<AppId>().ok()?;
    Some((Timestamp::from_be_bytes(*expires), app))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = 1_700_000_000_000;
    const DAY: Timestamp = 86_400_000;

    fn key() -> TokenKey {
        TokenKey::new([7; 32])
    }

    fn app(id: &str) -> AppId {
        id.parse().unwrap()
    }

    #[test]
    fn a_token_names_its_app_for_a_day() {
        let (token, expires_in) = key().issue(&app("com.example.mail"), NOW);
        assert_eq!(expires_in, 86_400);
        for now in [0, NOW, NOW + DAY - 1] {
            assert_eq!(key().verify(&token, now), Ok(app("com.example.mail")));
        }
    }

    #[test]
    fn a_token_that_has_expired_is_not_taken() {
        let (token, _) = key().issue(&app("com.example.mail"), NOW);
        for now in [NOW + DAY, Timestamp::MAX] {
            assert_eq!(key().verify(&token, now), Err(TokenError::Expired));
        }
        let (token, _) = key().issue(&app("com.example.mail"), Timestamp::MAX);
        assert_eq!(key().verify(&token, Timestamp::MAX), Err(TokenError::Expired));
    }

    #[test]
    fn a_token_is_opaque_and_has_only_characters_that_a_header_may_have() {
        let (token, _) = key().issue(&app("com.example.mail"), NOW);
        assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        assert!(!token.contains("example"));
    }

    #[test]
    fn a_token_that_was_changed_anywhere_is_not_taken() {
        let (token, _) = key().issue(&app("com.example.mail"), NOW);
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(key().verify(&changed, NOW), Err(TokenError::Malformed), "{at}");
        }
    }

    #[test]
    fn a_token_with_a_later_expiry_under_the_old_mac_is_not_taken() {
        let (token, _) = key().issue(&app("com.example.mail"), NOW);
        let mut bytes = URL_SAFE_NO_PAD.decode(token).unwrap();
        bytes[1] = 0xff;
        let forged = URL_SAFE_NO_PAD.encode(bytes);
        assert_eq!(key().verify(&forged, NOW), Err(TokenError::Malformed));
    }

    #[test]
    fn a_token_of_another_key_is_not_taken() {
        let (token, _) = TokenKey::new([8; 32]).issue(&app("com.example.mail"), NOW);
        assert_eq!(key().verify(&token, NOW), Err(TokenError::Malformed));
    }

    #[test]
    fn what_is_no_token_is_not_taken() {
        let (token, _) = key().issue(&app("com.example.mail"), NOW);
        let (short, long) = (token.get(..token.len() - 1).unwrap(), format!("{token}A"));
        let huge = "A".repeat(1_000_000);
        for text in ["", "A", "!", " ", "\u{e9}", short, &long, &huge, &format!("{token}=")] {
            assert_eq!(key().verify(text, NOW), Err(TokenError::Malformed));
        }
    }

    #[test]
    fn a_layout_that_this_version_does_not_know_is_not_taken() {
        let mut token = vec![VERSION + 1];
        token.extend_from_slice(&Timestamp::MAX.to_be_bytes());
        token.extend_from_slice(b"com.example.mail");
        let mac = key().mac(&token).finalize().into_bytes();
        token.extend_from_slice(&mac);
        let token = URL_SAFE_NO_PAD.encode(token);
        assert_eq!(key().verify(&token, NOW), Err(TokenError::Malformed));
    }

    #[test]
    fn the_longest_app_id_fits_into_a_token() {
        let longest = app(&format!("{}.{}", "a".repeat(63), "b".repeat(64)));
        assert_eq!(longest.as_str().len(), 128);
        let (token, _) = key().issue(&longest, NOW);
        assert_eq!(token.len(), TOKEN_CHARS_MAX);
        assert_eq!(key().verify(&token, NOW), Ok(longest));
    }

    #[test]
    fn the_key_is_not_shown() {
        assert_eq!(format!("{:?}", key()), "TokenKey(secret)");
    }
}
