use ece::legacy::AesGcmEncryptedBlock;
use p256::PublicKey;

use super::cryptographer::{self, TAG_BYTES};
use super::request::Encoding;
use super::subscription::{KEY_BYTES, SubscriptionKey};

/// Salt, record size and key id length: what comes before the key id (RFC 8188 section 2.1).
const HEADER_BYTES: usize = 21;
/// Where the record size is in it.
const RS_AT: usize = 16;
/// The smallest record size (RFC 8188 section 2.1): a tag, a delimiter and one byte.
const RS_MIN: u32 = 18;
/// The shortest record: a tag and a delimiter (RFC 8188 section 2).
const RECORD_BYTES_MIN: usize = TAG_BYTES + 1;

/// The salt of either coding (RFC 8188 section 2.1, draft-ietf-httpbis-encryption-encoding-03
/// section 3.1).
pub(super) const SALT_BYTES: usize = 16;
/// The smallest record size of `aesgcm`, which does not count the tag: the two bytes that say how
/// much is padding, and one more (draft-ietf-httpbis-encryption-encoding-03 section 2).
pub(super) const AESGCM_RS_MIN: u32 = 3;

/// Decrypts a message to the channel's key. How long a body may be is the caller's to check.
///
/// The content may be empty, in `aes128gcm`; that is for the caller to take or refuse.
///
/// # Errors
///
/// If the body is not of this coding, or was not encrypted to this key.
pub fn decrypt(
    key: &SubscriptionKey,
    encoding: &Encoding,
    body: &[u8],
) -> Result<Vec<u8>, DecryptError> {
    cryptographer::set();
    match encoding {
        Encoding::Aes128Gcm => aes128gcm(key, body),
        Encoding::AesGcm { dh, salt, rs } => aesgcm(key, dh, salt, *rs, body),
    }
}

/// Everything that `ece` computes with is checked before it is called, so that what it would do
/// with the wrong thing does not matter.
fn aes128gcm(key: &SubscriptionKey, body: &[u8]) -> Result<Vec<u8>, DecryptError> {
    let (header, rest) = body.split_first_chunk::<HEADER_BYTES>().ok_or(DecryptError::Truncated)?;
    let [.., rs_0, rs_1, rs_2, rs_3, key_id_bytes] = *header;
    if usize::from(key_id_bytes) != KEY_BYTES {
        return Err(DecryptError::SenderKey);
    }
    let rs = record_size([rs_0, rs_1, rs_2, rs_3], RS_MIN)?;
    let (sender, records) = rest.split_first_chunk::<KEY_BYTES>().ok_or(DecryptError::Truncated)?;
    check_sender(sender)?;
    if records.len() < RECORD_BYTES_MIN {
        return Err(DecryptError::Truncated);
    }
    let mut body = body.to_vec();
    let rs = shortened(rs, body.len());
    body[RS_AT..RS_AT + 4].copy_from_slice(&rs.to_be_bytes());
    ece::decrypt(&key.components(), key.auth_secret(), &body)
        .map_err(|error| DecryptError::of(&error))
}

fn aesgcm(
    key: &SubscriptionKey,
    dh: &[u8],
    salt: &[u8],
    rs: u32,
    body: &[u8],
) -> Result<Vec<u8>, DecryptError> {
    if salt.len() != SALT_BYTES {
        return Err(DecryptError::Salt);
    }
    let rs = record_size(rs.to_be_bytes(), AESGCM_RS_MIN)?;
    check_sender(dh)?;
    let block = AesGcmEncryptedBlock::new(dh, salt, shortened(rs, body.len()), body.to_vec())
        .map_err(|error| DecryptError::of(&error))?;
    ece::legacy::decrypt_aesgcm(&key.components(), key.auth_secret(), &block)
        .map_err(|error| DecryptError::of(&error))
}

fn record_size(bytes: [u8; 4], rs_min: u32) -> Result<u32, DecryptError> {
    let rs = u32::from_be_bytes(bytes);
    if rs < rs_min { Err(DecryptError::RecordSize { rs, rs_min }) } else { Ok(rs) }
}

/// A record size that is longer than the body means what the body's length means: one record.
/// Nothing is computed from it (RFC 8188 section 2.2), but `ece` reserves as many bytes, and
/// refuses more than a million.
fn shortened(rs: u32, body_bytes: usize) -> u32 {
    u32::try_from(body_bytes).map_or(rs, |bytes| rs.min(bytes.max(RS_MIN)))
}

fn check_sender(key: &[u8]) -> Result<(), DecryptError> {
    // Of this length only the uncompressed form is a point.
    if key.len() == KEY_BYTES && PublicKey::from_sec1_bytes(key).is_ok() {
        Ok(())
    } else {
        Err(DecryptError::SenderKey)
    }
}

/// Why a message could not be decrypted. Which keys were tried is not said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says itself")]
pub enum DecryptError {
    #[error("the body ends too early; send all that the encryption gave")]
    Truncated,
    #[error("the record size is {rs} and has to be at least {rs_min}")]
    RecordSize { rs: u32, rs_min: u32 },
    #[error("the sender's public key is not an uncompressed point of P-256, which has 65 bytes")]
    SenderKey,
    #[error("the salt does not have 16 bytes")]
    Salt,
    #[error("a message in `aesgcm` is one record; send more with `aes128gcm`")]
    SeveralRecords,
    #[error("the padding is not that of the coding; pad as RFC 8188 section 2 says")]
    Padding,
    #[error("the body does not decrypt; encrypt it with `p256dh` and `auth` of the subscription")]
    NotForThisKey,
}

impl DecryptError {
    /// The stable name of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Truncated => "content-truncated",
            Self::RecordSize { .. } => "content-record-size",
            Self::SenderKey => "content-sender-key",
            Self::Salt => "content-salt",
            Self::SeveralRecords => "content-several-records",
            Self::Padding => "content-padding",
            Self::NotForThisKey => "content-not-for-this-key",
        }
    }

    /// What is left for `ece` to find. An authentication that fails has no name of its own there.
    fn of(error: &ece::Error) -> Self {
        match error {
            ece::Error::BlockTooShort | ece::Error::DecryptTruncated => Self::Truncated,
            ece::Error::DecryptPadding => Self::Padding,
            ece::Error::MultipleRecordsNotSupported => Self::SeveralRecords,
            _ => Self::NotForThisKey,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::request::Request;
    use super::super::samples::{self, decoded, receiver};
    use super::*;

    fn open(body: &[u8]) -> Result<Vec<u8>, DecryptError> {
        decrypt(&receiver(), &Encoding::Aes128Gcm, body)
    }

    fn code(body: &[u8]) -> &'static str {
        open(body).map_or_else(|error| error.code(), |_| "decrypted")
    }

    #[test]
    fn the_message_of_rfc_8291_appendix_a_comes_back_byte_for_byte() {
        let body = decoded(samples::MESSAGE);
        assert_eq!(body.len(), 144);
        assert_eq!(open(&body).as_deref(), Ok(&b"When I grow up, I want to be a watermelon"[..]));
    }

    #[test]
    fn the_message_of_the_aesgcm_draft_comes_back() {
        let (key, encoding, body) = samples::aesgcm_message();
        assert_eq!(decrypt(&key, &encoding, &body).as_deref(), Ok(&b"I am the walrus"[..]));
    }

    #[test]
    fn what_a_sender_encrypts_for_a_derived_key_comes_back() {
        cryptographer::set();
        let key = SubscriptionKey::derive(&[7; 32]);
        // One record, and two: the record size of `ece` is 4,096.
        for bytes in [1, 3_900, 5_000] {
            let content = vec![7; bytes];
            let body = ece::encrypt(&key.public_key(), key.auth_secret(), &content);
            let body = body.expect("it encrypts");
            let opened = decrypt(&key, &Encoding::Aes128Gcm, &body);
            assert_eq!(opened.as_deref(), Ok(&content[..]), "{bytes}");
        }
    }

    #[test]
    fn what_a_sender_encrypts_with_aesgcm_comes_back_through_its_headers() {
        cryptographer::set();
        let key = SubscriptionKey::derive(&[7; 32]);
        let block = ece::legacy::encrypt_aesgcm(&key.public_key(), key.auth_secret(), b"content");
        let block = block.expect("it encrypts");
        let mut lines = vec![("TTL", "0".to_owned()), ("Content-Encoding", "aesgcm".to_owned())];
        lines.extend(block.headers(Some(&key.public_key())));
        let lines: Vec<_> = lines.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let request = Request::parse(&samples::headers(&lines), true).expect("it parses");
        let encoding = request.encoding.expect("it has an encoding");
        let opened = decrypt(&key, &encoding, &decoded(&block.body()));
        assert_eq!(opened.as_deref(), Ok(&b"content"[..]));
    }

    #[test]
    fn records_are_put_together_and_their_padding_is_checked() {
        assert_eq!(open(&samples::TWO_RECORDS.body()).as_deref(), Ok(&b"hello, bugle"[..]));
        assert_eq!(open(&samples::EMPTY_CONTENT.body()).as_deref(), Ok(&b""[..]));
        assert_eq!(code(&samples::LAST_RECORD_MISSING.body()), "content-truncated");
        assert_eq!(code(&samples::LAST_RECORD_FIRST.body()), "content-padding");
        assert_eq!(code(&samples::NOTHING_BUT_ZEROS.body()), "content-padding");
        assert_eq!(code(&samples::UNKNOWN_DELIMITER.body()), "content-padding");
    }

    #[test]
    fn a_record_size_longer_than_the_body_is_one_record() {
        let mut body = decoded(samples::MESSAGE);
        for rs in [58_u32, 144, 1_000_000, 1_000_001, u32::MAX] {
            body[RS_AT..RS_AT + 4].copy_from_slice(&rs.to_be_bytes());
            assert_eq!(code(&body), "decrypted", "{rs}");
        }
        for rs in [18_u32, 57] {
            body[RS_AT..RS_AT + 4].copy_from_slice(&rs.to_be_bytes());
            assert_eq!(code(&body), "content-not-for-this-key", "{rs}");
        }
    }

    #[test]
    fn a_body_that_ends_anywhere_before_its_end_is_refused() {
        let body = decoded(samples::MESSAGE);
        for bytes in 0..body.len() {
            assert!(open(&body[..bytes]).is_err(), "{bytes}");
        }
        let (key, encoding, body) = samples::aesgcm_message();
        for bytes in 0..body.len() {
            assert!(decrypt(&key, &encoding, &body[..bytes]).is_err(), "{bytes}");
        }
    }

    #[test]
    fn a_body_with_any_byte_changed_is_refused_except_in_its_record_size() {
        let body = decoded(samples::MESSAGE);
        for at in (0..RS_AT).chain(RS_AT + 4..body.len()) {
            let mut changed = body.clone();
            changed[at] ^= 0x80;
            assert!(open(&changed).is_err(), "byte {at}");
        }
    }

    #[test]
    fn a_hostile_header_is_refused() {
        let with = |at: usize, bytes: &[u8]| {
            let mut body = decoded(samples::MESSAGE);
            body[at..at + bytes.len()].copy_from_slice(bytes);
            code(&body)
        };
        for rs in 0..RS_MIN {
            assert_eq!(with(RS_AT, &rs.to_be_bytes()), "content-record-size", "{rs}");
        }
        for key_id_bytes in [0, 1, 33, 64, 66, 255] {
            assert_eq!(with(20, &[key_id_bytes]), "content-sender-key", "{key_id_bytes}");
        }
        // Infinity, a compressed point, a hybrid one, one off the curve, coordinates out of range.
        for first in [0, 2, 3, 5, 6, 7, 0xff] {
            assert_eq!(with(HEADER_BYTES, &[first]), "content-sender-key", "{first}");
        }
        assert_eq!(with(HEADER_BYTES + 64, &[0]), "content-sender-key");
        assert_eq!(with(HEADER_BYTES + 1, &[0; 64]), "content-sender-key");
        assert_eq!(with(HEADER_BYTES + 1, &[0xff; 64]), "content-sender-key");
        for byte in 0..=u8::MAX {
            for bytes in [1, 21, 86, 103, 4_096] {
                assert!(open(&vec![byte; bytes]).is_err(), "{bytes} times {byte}");
            }
        }
    }

    #[test]
    fn hostile_parameters_of_aesgcm_are_refused() {
        let (key, encoding, body) = samples::aesgcm_message();
        let Encoding::AesGcm { dh, salt, .. } = encoding else { panic!("it is aesgcm") };
        let code = |dh: &[u8], salt: &[u8], rs: u32| {
            let encoding = Encoding::AesGcm { dh: dh.to_vec(), salt: salt.to_vec(), rs };
            decrypt(&key, &encoding, &body).map_or_else(|error| error.code(), |_| "decrypted")
        };
        for rs in [18, 4_096, u32::MAX] {
            assert_eq!(code(&dh, &salt, rs), "decrypted", "{rs}");
        }
        for rs in 0..AESGCM_RS_MIN {
            assert_eq!(code(&dh, &salt, rs), "content-record-size", "{rs}");
        }
        for bytes in 0..dh.len() {
            assert_eq!(code(&dh[..bytes], &salt, 4_096), "content-sender-key", "{bytes}");
        }
        for bytes in 0..salt.len() {
            assert_eq!(code(&dh, &salt[..bytes], 4_096), "content-salt", "{bytes}");
        }
        assert_eq!(code(&[4; KEY_BYTES], &salt, 4_096), "content-sender-key");
        assert_eq!(code(&dh, &[0; SALT_BYTES], 4_096), "content-not-for-this-key");
    }

    #[test]
    fn a_message_to_another_key_is_refused() {
        let key = SubscriptionKey::derive(&[7; 32]);
        let opened = decrypt(&key, &Encoding::Aes128Gcm, &decoded(samples::MESSAGE));
        assert_eq!(opened, Err(DecryptError::NotForThisKey));
    }

    /// RFC 8188, sections 3.1 and 3.2: one record, and two of 25 bytes. Its headers name their key by
    /// nothing and by `a1`, where Web Push wants a sender's key; that is put in its place, and the rest,
    /// which does not depend on it, is to the byte as it stands there.
    #[test]
    fn the_records_of_rfc_8188_are_read() {
        let key = SubscriptionKey::derive(&[1; 32]);
        for (keying, body) in [
            (
                "yqdlZ-tYemfogSmv7Ws5PQ",
                "I1BsxtFttlv3u_Oo94xnmwAAEAAA-NAVub2qFgBEuQKRapoZu-IxkIva3MEB1PD-ly8Thjg",
            ),
            (
                "BO3ZVPxUlnLORbVGMpbT1Q",
                "uNCkWiNYzKTnBN9ji3-qWAAAABkCYTHOG8chz_gnvgOqdGYovxyjuqRyJFjEDyoF1Fvkj6hQPdPHI51OEUKE\
                 pgz3SsLWIqS_uA",
            ),
        ] {
            let keying = decoded(keying).try_into().expect("it has 16 bytes");
            let body = decoded(body);
            let (head, rest) = body.split_at(HEADER_BYTES - 1);
            let records = &rest[1 + usize::from(rest[0])..];
            let sender = SubscriptionKey::derive(&[2; 32]).public_key();
            let body = [head, &[65], sender.as_slice(), records].concat();
            let read = cryptographer::tests::with_key(keying, || {
                decrypt(&key, &Encoding::Aes128Gcm, &body)
            });
            assert_eq!(read, Ok(b"I am the walrus".to_vec()));
            let mut changed = body.clone();
            *changed.last_mut().expect("it has bytes") ^= 1;
            let read = cryptographer::tests::with_key(keying, || {
                decrypt(&key, &Encoding::Aes128Gcm, &changed)
            });
            assert_eq!(read, Err(DecryptError::NotForThisKey));
        }
    }
}
