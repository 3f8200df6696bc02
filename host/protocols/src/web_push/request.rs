use std::time::Duration;

use http::HeaderMap;

use super::content::{AESGCM_RS_MIN, SALT_BYTES};
use super::parameter::{decode, parameter};
use super::problem::Problem;
use super::subscription::KEY_BYTES;

/// How long a message is kept at most: 28 days, the 2,419,200 s that npm `web-push` asks for when
/// it is not told. A push service may keep it for less than asked if it says so (RFC 8030 section
/// 5.2).
pub const TTL_MAX: Duration = Duration::from_secs(28 * 24 * 60 * 60);

/// The length of a topic (RFC 8030 section 5.4).
const TOPIC_BYTES_MAX: usize = 32;

/// The record size of `aesgcm` that goes without saying (draft-ietf-httpbis-encryption-encoding-03
/// section 3.1).
const AESGCM_RS_DEFAULT: u32 = 4_096;

/// What the headers of a request for delivery say (RFC 8030 section 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// How long the message is kept. The answer has to say it where it is less than was asked.
    pub ttl: Duration,
    /// How long the sender wants it kept.
    pub ttl_asked: Duration,
    /// How much the message matters.
    pub urgency: Urgency,
    /// Which message waiting under the same topic it replaces.
    pub topic: Option<String>,
    /// How the body is encrypted; `None` where there is no body.
    pub encoding: Option<Encoding>,
    /// Whether the sender wants to hear that the message was delivered (RFC 8030 section 5.1).
    pub wants_receipt: bool,
}

impl Request {
    /// Reads the headers. Without a body those that describe it are not looked at.
    ///
    /// # Errors
    ///
    /// If a header that has to be there is not, or one is not what its RFC says.
    pub fn parse(headers: &HeaderMap, has_body: bool) -> Result<Self, Problem> {
        let ttl_asked = ttl(headers)?;
        Ok(Self {
            ttl: ttl_asked.min(TTL_MAX),
            ttl_asked,
            urgency: urgency(headers)?,
            topic: topic(headers)?,
            encoding: has_body.then(|| encoding(headers)).transpose()?,
            wants_receipt: wants_receipt(headers),
        })
    }
}

/// How much a message matters, least first (RFC 8030 section 5.3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// Advertisements, say: while the device is charged and on a network that costs nothing.
    VeryLow,
    /// Updates that nobody waits for.
    Low,
    /// What a message has that does not say: chats and calendars.
    #[default]
    Normal,
    /// Calls and alerts: even when the battery is low.
    High,
}

impl Urgency {
    const ALL: [Self; 4] = [Self::VeryLow, Self::Low, Self::Normal, Self::High];

    /// Its name in the header.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VeryLow => "very-low",
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }
}

/// How a body is encrypted, with what is not in the body itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encoding {
    /// RFC 8188: all that is needed is in the body.
    Aes128Gcm,
    /// The coding of the drafts before.
    AesGcm {
        /// The sender's public key: `dh` of `Crypto-Key`.
        dh: Vec<u8>,
        /// What the keys are computed from beside it: `salt` of `Encryption`.
        salt: Vec<u8>,
        /// The record size, without the tag: `rs` of `Encryption`.
        rs: u32,
    },
}

fn ttl(headers: &HeaderMap) -> Result<Duration, Problem> {
    let text = single(headers, "TTL")?.ok_or(Problem::TtlMissing)?;
    // `1*DIGIT` (RFC 8030 section 5.2), which is less than `parse` takes.
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::TtlInvalid);
    }
    // Digits that are no `u64` are too many: for ever.
    Ok(Duration::from_secs(text.parse().unwrap_or(u64::MAX)))
}

/// Names in a grammar are of either case (RFC 5234 section 2.3).
fn urgency(headers: &HeaderMap) -> Result<Urgency, Problem> {
    let Some(text) = single(headers, "Urgency")? else { return Ok(Urgency::default()) };
    let named = |urgency: &Urgency| urgency.as_str().eq_ignore_ascii_case(text);
    Urgency::ALL.into_iter().find(named).ok_or(Problem::UrgencyInvalid)
}

fn topic(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(text) = single(headers, "Topic")? else { return Ok(None) };
    let is_of_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if (1..=TOPIC_BYTES_MAX).contains(&text.len()) && text.bytes().all(is_of_alphabet) {
        Ok(Some(text.to_owned()))
    } else {
        Err(Problem::TopicInvalid)
    }
}

/// Names of codings are of either case (RFC 9110 section 8.4.1).
fn encoding(headers: &HeaderMap) -> Result<Encoding, Problem> {
    let name = single(headers, "Content-Encoding")?.ok_or(Problem::EncodingMissing)?;
    if name.eq_ignore_ascii_case("aes128gcm") {
        // Some send `Crypto-Key` with it too; nothing in there is of use.
        Ok(Encoding::Aes128Gcm)
    } else if name.eq_ignore_ascii_case("aesgcm") {
        aesgcm(headers)
    } else {
        Err(Problem::EncodingUnknown)
    }
}

fn aesgcm(headers: &HeaderMap) -> Result<Encoding, Problem> {
    let salt = parameter(headers, "Encryption", "salt").and_then(decode);
    let salt = salt.filter(|salt| salt.len() == SALT_BYTES).ok_or(Problem::EncryptionInvalid)?;
    let dh = parameter(headers, "Crypto-Key", "dh").and_then(decode);
    let dh = dh.filter(|dh| dh.len() == KEY_BYTES).ok_or(Problem::CryptoKeyInvalid)?;
    let rs = match parameter(headers, "Encryption", "rs") {
        None => AESGCM_RS_DEFAULT,
        Some(text) => text
            .parse::<u32>()
            .ok()
            .filter(|rs| *rs >= AESGCM_RS_MIN)
            .ok_or(Problem::EncryptionInvalid)?,
    };
    Ok(Encoding::AesGcm { dh, salt, rs })
}

/// `Prefer` is a list, and what is not known in it is passed over (RFC 7240 section 2).
fn wants_receipt(headers: &HeaderMap) -> bool {
    let lines = headers.get_all("Prefer").into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|preference| {
        let name = preference.split(';').next().unwrap_or_default();
        name.trim().eq_ignore_ascii_case("respond-async")
    })
}

/// A header that has one value: of two, which is meant is not ours to guess.
fn single<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, Problem> {
    let mut lines = headers.get_all(name).iter();
    let Some(line) = lines.next() else { return Ok(None) };
    match (line.to_str(), lines.next()) {
        (Ok(text), None) => Ok(Some(text.trim())),
        _ => Err(Problem::HeaderInvalid { header: name }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, headers};
    use super::*;

    /// What a request with these headers and no body is.
    fn parse(lines: &[(&str, &str)]) -> Result<Request, &'static str> {
        Request::parse(&headers(lines), false).map_err(|problem| problem.code())
    }

    /// What the encoding of a request with these headers is.
    fn parse_encoding(lines: &[(&str, &str)]) -> Result<Encoding, &'static str> {
        let mut all = vec![("TTL", "60")];
        all.extend_from_slice(lines);
        let request = Request::parse(&headers(&all), true).map_err(|problem| problem.code())?;
        request.encoding.ok_or("no encoding")
    }

    #[test]
    fn what_a_request_does_not_say_has_a_default() {
        let expected = Request {
            ttl: Duration::from_secs(60),
            ttl_asked: Duration::from_secs(60),
            urgency: Urgency::Normal,
            topic: None,
            encoding: None,
            wants_receipt: false,
        };
        assert_eq!(parse(&[("TTL", "60")]), Ok(expected));
    }

    #[test]
    fn a_ttl_is_compulsory_and_capped_at_28_days() {
        let ttl = |text: &str| parse(&[("TTL", text)]).map(|request| request.ttl.as_secs());
        assert_eq!(parse(&[]), Err("ttl-missing"));
        for (text, seconds) in [("0", 0), (" 60 ", 60), ("2419200", 2_419_200), ("007", 7)] {
            assert_eq!(ttl(text), Ok(seconds), "{text}");
        }
        for text in ["2419201", "18446744073709551615", "99999999999999999999999999"] {
            assert_eq!(ttl(text), Ok(2_419_200), "{text}");
        }
        for text in ["", "-1", "+1", "1.5", "1e3", "1 2", "0x10", "one", "1, 2"] {
            assert_eq!(ttl(text), Err("invalid-ttl"), "{text}");
        }
        assert_eq!(parse(&[("TTL", "1"), ("TTL", "1")]), Err("invalid-header"));
    }

    #[test]
    fn the_ttl_that_was_asked_for_is_kept() {
        let asked = |text: &str| parse(&[("TTL", text)]).map(|request| request.ttl_asked.as_secs());
        assert_eq!(asked("2419201"), Ok(2_419_201));
        assert_eq!(asked("99999999999999999999999999"), Ok(u64::MAX));
    }

    #[test]
    fn an_urgency_is_one_of_four() {
        let urgency =
            |text: &str| parse(&[("TTL", "0"), ("Urgency", text)]).map(|request| request.urgency);
        assert_eq!(urgency("very-low"), Ok(Urgency::VeryLow));
        assert_eq!(urgency("low"), Ok(Urgency::Low));
        assert_eq!(urgency("Normal"), Ok(Urgency::Normal));
        assert_eq!(urgency("high"), Ok(Urgency::High));
        for text in ["", "urgent", "high, low", "very low"] {
            assert_eq!(urgency(text), Err("invalid-urgency"), "{text}");
        }
        let two = [("TTL", "0"), ("Urgency", "high"), ("Urgency", "high")];
        assert_eq!(parse(&two), Err("invalid-header"));
        assert!(Urgency::VeryLow < Urgency::Low && Urgency::Normal < Urgency::High);
    }

    #[test]
    fn a_topic_is_at_most_32_characters_of_the_url_safe_alphabet() {
        let topic =
            |text: &str| parse(&[("TTL", "0"), ("Topic", text)]).map(|request| request.topic);
        for text in ["a", "upd8_-", "12345678901234567890123456789012"] {
            assert_eq!(topic(text), Ok(Some(text.to_owned())), "{text}");
        }
        for text in ["", "123456789012345678901234567890123", "a b", "a+b", "a/b", "a=", "a.b"] {
            assert_eq!(topic(text), Err("invalid-topic"), "{text}");
        }
        assert_eq!(topic("é"), Err("invalid-header"));
    }

    #[test]
    fn a_body_has_to_say_how_it_is_encrypted() {
        assert_eq!(parse_encoding(&[]), Err("encoding-missing"));
        for name in ["aes128gcm", "AES128GCM"] {
            let lines = [("Content-Encoding", name), ("Crypto-Key", "dh=unused")];
            assert_eq!(parse_encoding(&lines), Ok(Encoding::Aes128Gcm), "{name}");
        }
        for name in ["", "gzip", "aesgcm128", "aes128gcm, gzip"] {
            assert_eq!(parse_encoding(&[("Content-Encoding", name)]), Err("encoding-unknown"));
        }
        let lines = [("TTL", "0"), ("Content-Encoding", "gzip")];
        assert_eq!(parse(&lines).map(|request| request.encoding), Ok(None));
    }

    #[test]
    fn the_parameters_of_aesgcm_are_found_in_every_form_that_senders_use() {
        let (_, expected, _) = samples::aesgcm_message();
        let (dh, salt) = (samples::AESGCM_DH, samples::AESGCM_SALT);
        let forms = [
            (format!("salt={salt}"), format!("dh={dh}")),
            (format!("salt={salt};rs=4096"), format!("dh={dh};p256ecdsa=key")),
            (format!("keyid=p256dh; salt=\"{salt}\""), format!("p256ecdsa=key, dh=\"{dh}\"")),
            (format!("rs=4096, salt={salt}=="), format!("keyid=p256dh;dh={dh}=")),
        ];
        for (encryption, crypto_key) in forms {
            let lines = [
                ("Content-Encoding", "aesgcm"),
                ("Encryption", encryption.as_str()),
                ("Crypto-Key", crypto_key.as_str()),
            ];
            assert_eq!(parse_encoding(&lines), Ok(expected.clone()), "{encryption} {crypto_key}");
        }
    }

    #[test]
    fn the_parameters_of_aesgcm_are_compulsory_and_checked() {
        let (dh, salt) = (format!("dh={}", samples::AESGCM_DH), samples::AESGCM_SALT);
        let code = |encryption: &str, crypto_key: &str| {
            let lines = [
                ("Content-Encoding", "aesgcm"),
                ("Encryption", encryption),
                ("Crypto-Key", crypto_key),
            ];
            parse_encoding(&lines).err()
        };
        let good = format!("salt={salt}");
        assert_eq!(code(&good, &dh), None);
        for rs in ["", "0", "2", "-1", "4294967296", "x"] {
            assert_eq!(code(&format!("{good};rs={rs}"), &dh), Some("invalid-encryption"), "{rs}");
        }
        for encryption in ["", "salt", "salt=", "salt=AA", "salt=!", "rs=4096"] {
            assert_eq!(code(encryption, &dh), Some("invalid-encryption"), "{encryption}");
        }
        for crypto_key in ["", "dh", "dh=", "dh=AA", "dh=!", "p256ecdsa=AA"] {
            assert_eq!(code(&good, crypto_key), Some("invalid-crypto-key"), "{crypto_key}");
        }
        assert_eq!(parse_encoding(&[("Content-Encoding", "aesgcm")]), Err("invalid-encryption"));
    }

    #[test]
    fn a_receipt_is_wanted_by_preference() {
        let wants = |text: &str| {
            parse(&[("TTL", "0"), ("Prefer", text)]).map(|request| request.wants_receipt)
        };
        for text in ["respond-async", "wait=10, Respond-Async; x=y", "a;b,respond-async"] {
            assert_eq!(wants(text), Ok(true), "{text}");
        }
        for text in ["", "respond", "wait=10", "x; respond-async", "\"respond-async\""] {
            assert_eq!(wants(text), Ok(false), "{text}");
        }
        let two = [("TTL", "0"), ("Prefer", "wait=10"), ("Prefer", "respond-async")];
        assert_eq!(parse(&two).map(|request| request.wants_receipt), Ok(true));
    }
}
