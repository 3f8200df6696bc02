use std::fmt;
use std::str::FromStr;

use bugle_store::{ChannelSetup, StoreError};
use bugle_task::Bytes;
use serde::{Deserialize, Serialize};

use crate::Error;

/// The most characters of a topic: what ntfy allows.
const TOPIC_BYTES_MAX: usize = 64;

/// Names that lead elsewhere at the push door.
const RESERVED: [&str; 1] = ["wns"];

/// A P-256 point, uncompressed (SEC 1, section 2.3.3).
const KEY_BYTES: usize = 65;

/// How senders speak to a channel. The host keeps it; whoever owns the door acts on it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "protocol", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Protocol {
    /// The bytes as they are, from whoever has the address.
    #[default]
    Plain,
    /// The same, from those only who have the channel's key and send it along.
    Bearer,
    /// The same, from those only who sign what they send with the channel's key.
    Signed,
    /// As the push service of Windows (WNS) is spoken to, with a token of the app.
    Wns,
    /// Web Push (RFC 8030): encrypted for the channel.
    WebPush {
        /// The VAPID key (RFC 8292) of the only sender whose pushes are taken; none for any sender.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sender_key: Option<Bytes>,
    },
    /// As ntfy is spoken to, by a topic; the address is the token for it.
    Topic {
        /// No two channels have one topic.
        topic: Topic,
    },
}

/// The name under which ntfy's senders find a channel: 1 to 64 letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Topic(String);

impl Topic {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Topic {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let is_named = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !is_named || text.is_empty() || text.len() > TOPIC_BYTES_MAX || RESERVED.contains(&text)
        {
            let what = format!(
                "a topic has 1 to {TOPIC_BYTES_MAX} letters, digits, `-` and `_`, like `mail-of-ada`"
            );
            return Err(Error::Usage { what });
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for Topic {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Topic> for String {
    fn from(topic: Topic) -> Self {
        topic.0
    }
}

impl Protocol {
    /// The protocol's stable name.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Bearer => "bearer",
            Self::Signed => "signed",
            Self::Wns => "wns",
            Self::WebPush { .. } => "web-push",
            Self::Topic { .. } => "topic",
        }
    }

    /// Whether pushes are the bytes as they are, wherever the proof comes from.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        matches!(self, Self::Plain | Self::Bearer | Self::Signed)
    }

    /// Checks what a type does not say.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self {
            Self::WebPush { sender_key: Some(key) } if key.len() != KEY_BYTES => {
                let what = format!(
                    "a VAPID key is {KEY_BYTES} bytes, an uncompressed point of P-256, and this one \
                     has {}",
                    key.len()
                );
                Err(Error::Usage { what })
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn setup(&self) -> ChannelSetup {
        let (sender_key, topic) = match self {
            Self::Plain | Self::Bearer | Self::Signed | Self::Wns => (None, None),
            Self::WebPush { sender_key } => (sender_key.clone(), None),
            Self::Topic { topic } => (None, Some(topic.0.clone())),
        };
        ChannelSetup { protocol: self.as_str().to_owned(), sender_key, topic }
    }

    pub(crate) fn of(setup: &ChannelSetup) -> Result<Self, StoreError> {
        let unknown = || StoreError::Corrupt {
            what: format!("`{}` is no protocol of a channel", setup.protocol),
        };
        Ok(match setup.protocol.as_str() {
            "plain" => Self::Plain,
            "bearer" => Self::Bearer,
            "signed" => Self::Signed,
            "wns" => Self::Wns,
            "web-push" => Self::WebPush { sender_key: setup.sender_key.clone() },
            // A topic that another channel has taken since leads here no more.
            "topic" => match &setup.topic {
                Some(topic) => Self::Topic { topic: Topic(topic.clone()) },
                None => Self::Plain,
            },
            _ => return Err(unknown()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_kept_as_they_are() {
        let topic = "mail-of-ada".parse().expect("it is a topic");
        for protocol in [
            Protocol::Plain,
            Protocol::Bearer,
            Protocol::Signed,
            Protocol::Wns,
            Protocol::WebPush { sender_key: None },
            Protocol::WebPush { sender_key: Some(Bytes(vec![4; KEY_BYTES])) },
            Protocol::Topic { topic },
        ] {
            assert_eq!(Protocol::of(&protocol.setup()).ok(), Some(protocol.clone()));
            assert!(protocol.check().is_ok());
        }
    }

    #[test]
    fn topics_and_keys_that_cannot_be_are_refused() {
        for text in ["", "wns", "a b", "a/b", "\u{e9}", &"x".repeat(65)] {
            assert!(text.parse::<Topic>().is_err(), "{text}");
        }
        assert!(Protocol::WebPush { sender_key: Some(Bytes(vec![4; 64])) }.check().is_err());
    }
}
