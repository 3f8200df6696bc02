use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bugle_task::{AppId, IdError, Name, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::inner::Addressed;
use crate::{Error, Protocol};

/// How long a channel stays open, as in the original system: 30 days.
pub(crate) const CHANNEL_LIFE_MS: u64 = 30 * 24 * 60 * 60 * 1_000;

/// A channel's name in the whole host: `com.example.mail/inbox`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelId {
    /// The app that owns it.
    pub app: AppId,
    /// Its name in the app's manifest.
    pub name: Name,
}

impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.app, self.name)
    }
}

impl FromStr for ChannelId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (app, name) = text.split_once('/').unwrap_or((text, ""));
        Ok(Self { app: app.parse()?, name: name.parse()? })
    }
}

impl Serialize for ChannelId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ChannelId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A channel's secret address: 256 bits, as 43 characters of the URL-safe base64 alphabet. Whoever
/// has it can push. The store keeps only its hash.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    pub(crate) fn new(bits: &[u8; 32]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(bits))
    }

    /// The address as it stands in a URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the store knows it by. Looking it up by hash leaves nothing to time.
    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bits = if text.len() == 43 { URL_SAFE_NO_PAD.decode(text).ok() } else { None };
        match bits {
            Some(bits) if bits.len() == 32 => Ok(Self(text.to_owned())),
            _ => Err(Error::UnknownAddress),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(secret)")
    }
}

/// An open channel.
#[derive(Debug, Clone)]
pub struct Channel {
    pub(crate) id: ChannelId,
    pub(crate) address: Address,
    pub(crate) generation: u32,
    pub(crate) protocol: Protocol,
    pub(crate) opened_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// What an address or a topic leads to.
#[derive(Debug, Clone)]
pub struct Destination(pub(crate) Arc<Addressed>);

impl Channel {
    /// Its name.
    #[must_use]
    pub fn id(&self) -> &ChannelId {
        &self.id
    }

    /// Where to push: the last part of the URL's path, after `/push/`.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Which of the channel's addresses this is: another number each time it is opened anew, and never
    /// that of another channel.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// How senders speak to it.
    #[must_use]
    pub fn protocol(&self) -> &Protocol {
        &self.protocol
    }

    /// When it was opened first.
    #[must_use]
    pub fn opened_at(&self) -> Timestamp {
        self.opened_at
    }

    /// When it ends by itself: 30 days after it was opened.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

impl Destination {
    /// The channel.
    #[must_use]
    pub fn channel(&self) -> &ChannelId {
        &self.0.id
    }

    /// As [`Channel::generation`].
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.0.generation
    }

    /// How senders speak to it.
    #[must_use]
    pub fn protocol(&self) -> &Protocol {
        &self.0.protocol
    }

    /// From when on nothing is taken there.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.0.expires_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_43_characters_and_secret() {
        let address = Address::new(&[7; 32]);
        assert_eq!(address.as_str().len(), 43);
        assert_eq!(address.as_str().parse::<Address>().ok(), Some(address.clone()));
        assert!(!format!("{address:?}").contains(address.as_str()));
        for text in ["", "x", &"A".repeat(44), &"!".repeat(43)] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_channel_is_an_app_and_a_name() {
        assert!("com.example.mail/inbox".parse::<ChannelId>().is_ok());
        assert!("com.example.mail".parse::<ChannelId>().is_err());
        assert!("mail/inbox".parse::<ChannelId>().is_err());
    }
}
