//! Who is let in: a link is good once, and what it is exchanged for is good until it is not used any more.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::Secret;

/// How long a link is good that nobody has followed: it is in a log, or in a terminal.
const LINK_TIME: Duration = Duration::from_secs(60 * 60);

/// How long a browser is known that asks for nothing: a working day.
const VISIT_TIME: Duration = Duration::from_secs(12 * 60 * 60);

/// Links, and browsers, that are known at once: those of one person. The oldest goes.
const KNOWN_MAX: usize = 32;

/// As many bytes as no search finds.
const KEY_BYTES: usize = 32;

/// Keys that were given out, by their digests: what is compared tells nothing of what it should be.
#[derive(Debug, Default)]
pub(crate) struct Links {
    links: Mutex<Keys>,
    visits: Mutex<Keys>,
}

type Keys = HashMap<[u8; 32], Instant>;

impl Links {
    /// A key for a link.
    fn link(&self) -> String {
        give(&self.links, LINK_TIME)
    }

    /// A link to the dashboard behind a door.
    pub(crate) fn url(&self, door: SocketAddr) -> Secret<String> {
        Secret(format!("http://{door}/enter?key={}", self.link()))
    }

    /// Takes a link's key, which is good once, and gives one for visits; none if it is no good.
    pub(crate) fn enter(&self, key: &str) -> Option<String> {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        let given = links.remove(&digest(key))?;
        drop(links);
        (given.elapsed() < LINK_TIME).then(|| give(&self.visits, VISIT_TIME))
    }

    /// Whether a key for visits is good; it is for as long again then.
    pub(crate) fn knows(&self, key: &str) -> bool {
        let mut visits = self.visits.lock().unwrap_or_else(PoisonError::into_inner);
        match visits.get_mut(&digest(key)) {
            Some(used) if used.elapsed() < VISIT_TIME => {
                *used = Instant::now();
                true
            }
            _ => false,
        }
    }
}

fn give(keys: &Mutex<Keys>, time: Duration) -> String {
    let mut bytes = [0; KEY_BYTES];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    let key = URL_SAFE_NO_PAD.encode(bytes);
    let mut keys = keys.lock().unwrap_or_else(PoisonError::into_inner);
    keys.retain(|_, used| used.elapsed() < time);
    while keys.len() >= KNOWN_MAX {
        let oldest = keys.iter().min_by_key(|(_, used)| **used).map(|(digest, _)| *digest);
        oldest.and_then(|oldest| keys.remove(&oldest));
    }
    keys.insert(digest(&key), Instant::now());
    key
}

fn digest(key: &str) -> [u8; 32] {
    Sha256::digest(key).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_good_once() {
        let links = Links::default();
        let link = links.link();
        let visit = links.enter(&link).expect("it is good");
        assert!(links.knows(&visit) && links.knows(&visit));
        assert!(links.enter(&link).is_none() && links.enter(&visit).is_none());
        assert!(!links.knows(&link) && !links.knows(""));
    }

    #[test]
    fn the_oldest_link_goes() {
        let links = Links::default();
        let first = links.link();
        let rest: Vec<String> = (0..KNOWN_MAX).map(|_| links.link()).collect();
        assert!(links.enter(&first).is_none());
        assert!(rest.iter().all(|link| links.enter(link).is_some()));
    }
}
