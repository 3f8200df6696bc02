//! The names that senders know messages by: each says nothing but to the host that gave it.

use std::fmt;

use aes_gcm::aes::Aes256;
use aes_gcm::aes::cipher::{BlockDecrypt as _, BlockEncrypt as _, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Bytes that are zero in every name before it is encrypted, so that a guess is found out.
const CHECK_BYTES: usize = 8;

/// What came to nothing has a number that no message ever has.
const NOTHING: u64 = 1 << 63;

/// What a name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// The message with this number, less than 2⁶³.
    Number(u64),
    /// One that was taken and came to nothing.
    Nothing,
}

/// Gives messages their names: their numbers, encrypted as one block, so that neither how many there are
/// nor which of them came to anything can be seen.
pub struct MessageNames(Aes256);

impl fmt::Debug for MessageNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MessageNames(secret)")
    }
}

impl MessageNames {
    /// The names of a host, from a secret of its own.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(Aes256::new(secret.into()))
    }

    /// The name of a message: 22 characters of the URL-safe base64 alphabet. `random` tells those apart
    /// that came to nothing.
    #[must_use]
    pub fn name(&self, message: Message, random: u64) -> String {
        let number = match message {
            Message::Number(number) => number & !NOTHING,
            Message::Nothing => random | NOTHING,
        };
        let mut block = [0; 16];
        block[CHECK_BYTES..].copy_from_slice(&number.to_be_bytes());
        self.0.encrypt_block((&mut block).into());
        URL_SAFE_NO_PAD.encode(block)
    }

    /// What a name is of; none if it was never given.
    #[must_use]
    pub fn message(&self, name: &str) -> Option<Message> {
        let mut block: [u8; 16] = URL_SAFE_NO_PAD.decode(name).ok()?.try_into().ok()?;
        self.0.decrypt_block((&mut block).into());
        let (check, number) = block.split_at(CHECK_BYTES);
        let number = u64::from_be_bytes(number.try_into().ok()?);
        let is_given = check.iter().all(|byte| *byte == 0);
        let message =
            if number & NOTHING == 0 { Message::Number(number) } else { Message::Nothing };
        is_given.then_some(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_back_to_its_message() {
        let names = MessageNames::new(&[7; 32]);
        for message in [Message::Number(1), Message::Number(NOTHING - 1), Message::Nothing] {
            let name = names.name(message, 5);
            assert_eq!(name.len(), 22);
            assert_eq!(names.message(&name), Some(message));
            assert_eq!(MessageNames::new(&[8; 32]).message(&name), None, "another host's");
        }
        assert_ne!(names.name(Message::Nothing, 5), names.name(Message::Nothing, 6));
        for name in ["", "x", "AAAAAAAAAAAAAAAAAAAAAA", "1.AAAAAAAAAAAAAAAAAAAA", "\u{e9}"] {
            assert_eq!(names.message(name), None, "{name}");
        }
    }
}
