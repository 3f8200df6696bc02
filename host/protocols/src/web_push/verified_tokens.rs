use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};

use super::vapid::{Claim, Credentials, VapidError};

/// How many tokens are remembered. A sender has one for hours, so this is as many senders; with
/// some 300 bytes each they take a third of a MiB.
const TOKENS_MAX: usize = 1_024;

/// Tokens that were verified already: senders sign one and use it for hours, and to verify it costs
/// as much as all else that a push does before it is durable.
#[derive(Debug, Default)]
pub struct VerifiedTokens {
    tokens: Mutex<HashMap<[u8; 32], Credentials>>,
}

impl VerifiedTokens {
    /// Remembers none yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Does what [`Claim::verify`] does, and looks at a signature once only.
    ///
    /// # Errors
    ///
    /// If the claim is not good. Claims that are not are not remembered: anyone can make them.
    pub fn verify(
        &self,
        claim: &Claim,
        audience: &[String],
        now_s: u64,
    ) -> Result<Credentials, VapidError> {
        let id = id(claim, audience);
        if let Some(credentials) = self.find(&id, now_s) {
            return Ok(credentials);
        }
        // Nobody waits for this: the lock is free meanwhile.
        let credentials = claim.verify(audience, now_s)?;
        self.keep(id, credentials.clone(), now_s);
        Ok(credentials)
    }

    fn find(&self, id: &[u8; 32], now_s: u64) -> Option<Credentials> {
        let mut tokens = self.lock();
        let credentials = tokens.get(id)?;
        if credentials.expires_at_s > now_s {
            return Some(credentials.clone());
        }
        tokens.remove(id);
        None
    }

    /// When there is no place left, those that have expired leave, and if none has, the next to.
    fn keep(&self, id: [u8; 32], credentials: Credentials, now_s: u64) {
        let mut tokens = self.lock();
        if tokens.len() >= TOKENS_MAX {
            tokens.retain(|_, credentials| credentials.expires_at_s > now_s);
        }
        if tokens.len() >= TOKENS_MAX {
            let next = tokens.iter().min_by_key(|(_, credentials)| credentials.expires_at_s);
            if let Some(next) = next.map(|(id, _)| *id) {
                tokens.remove(&next);
            }
        }
        tokens.insert(id, credentials);
    }

    /// What a thread that panicked left is whole: every change is one call.
    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Credentials>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of all that the verdict depends on, except the time. Only whoever sends the same signed token
/// finds what was said of it.
fn id(claim: &Claim, audience: &[String]) -> [u8; 32] {
    let mut hash = Sha256::new();
    let origins = audience.iter().map(String::as_bytes);
    for part in [&claim.key()[..], claim.token().as_bytes()].into_iter().chain(origins) {
        // The length first, so that parts cannot run into one another.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, NOW_S, ORIGIN};
    use super::*;

    fn remembered(tokens: &VerifiedTokens) -> usize {
        tokens.lock().len()
    }

    fn credentials(expires_at_s: u64) -> Credentials {
        Credentials { key: [4; 65], subject: None, expires_at_s }
    }

    fn numbered(number: usize) -> [u8; 32] {
        let mut id = [0; 32];
        id[..8].copy_from_slice(&(number as u64).to_be_bytes());
        id
    }

    #[test]
    fn a_token_is_remembered_until_it_ends() {
        let (tokens, audience) = (VerifiedTokens::new(), [ORIGIN.to_owned()]);
        let claim = samples::claim(&samples::sender(1));
        let first = tokens.verify(&claim, &audience, NOW_S).expect("it is good");
        assert_eq!(remembered(&tokens), 1);
        assert_eq!(tokens.find(&id(&claim, &audience), NOW_S), Some(first.clone()));
        assert_eq!(tokens.verify(&claim, &audience, first.expires_at_s - 1), Ok(first.clone()));
        let verdict = tokens.verify(&claim, &audience, first.expires_at_s);
        assert_eq!(verdict.map_err(|error| error.code()), Err("vapid-expired"));
        assert_eq!(remembered(&tokens), 0);
    }

    #[test]
    fn what_was_verified_is_what_is_remembered_and_nothing_near_it() {
        let (tokens, audience) = (VerifiedTokens::new(), [ORIGIN.to_owned()]);
        let claim = samples::claim(&samples::sender(1));
        assert!(tokens.verify(&claim, &audience, NOW_S).is_ok());
        let elsewhere = ["https://elsewhere.example".to_owned()];
        let verdict = tokens.verify(&claim, &elsewhere, NOW_S).map_err(|error| error.code());
        assert_eq!(verdict, Err("vapid-audience"));
        // The token of one sender with the key of another.
        let other = samples::claim_of(claim.token(), &samples::sender(2));
        let verdict = tokens.verify(&other, &audience, NOW_S);
        assert_eq!(verdict, Err(VapidError::Signature));
        assert_eq!(remembered(&tokens), 1);
    }

    #[test]
    fn as_many_tokens_are_remembered_as_there_are_places() {
        let tokens = VerifiedTokens::new();
        for number in 0..TOKENS_MAX {
            tokens.keep(numbered(number), credentials(NOW_S + 10 + number as u64), NOW_S);
        }
        tokens.keep(numbered(TOKENS_MAX), credentials(NOW_S + 5), NOW_S);
        assert_eq!(remembered(&tokens), TOKENS_MAX);
        assert_eq!(tokens.find(&numbered(0), NOW_S), None, "the next to end has left");
        assert!(tokens.find(&numbered(1), NOW_S).is_some());
        assert!(tokens.find(&numbered(TOKENS_MAX), NOW_S).is_some());
    }

    #[test]
    fn expired_tokens_leave_first() {
        let tokens = VerifiedTokens::new();
        for number in 0..TOKENS_MAX {
            tokens.keep(numbered(number), credentials(NOW_S + 10), NOW_S);
        }
        tokens.keep(numbered(TOKENS_MAX), credentials(NOW_S + 20), NOW_S + 10);
        assert_eq!(remembered(&tokens), 1);
    }
}
