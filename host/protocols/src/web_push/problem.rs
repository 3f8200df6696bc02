use std::time::Duration;

use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::content::DecryptError;
use super::vapid::VapidError;

/// Why a message was not accepted, as its sender learns it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says itself")]
pub enum Problem {
    #[error("`TTL` is missing; send the seconds to keep the message for, 0 for now or never")]
    TtlMissing,
    #[error("`TTL` is a number of whole seconds, like `3600`")]
    TtlInvalid,
    #[error("`Urgency` is one of `very-low`, `low`, `normal` and `high`")]
    UrgencyInvalid,
    #[error("`Topic` is 1 to 32 characters of `A-Z a-z 0-9 - _`")]
    TopicInvalid,
    #[error("`{header}` is there twice, or is not ASCII; send it once")]
    HeaderInvalid { header: &'static str },
    #[error("`Content-Encoding` is missing; encrypt the body with `aes128gcm`")]
    EncodingMissing,
    #[error("`Content-Encoding` is neither `aes128gcm` nor `aesgcm`; encrypt with the first")]
    EncodingUnknown,
    #[error("`Encryption` needs a `salt=` of 16 bytes in base64url, and an `rs=` above 2 if any")]
    EncryptionInvalid,
    #[error("`Crypto-Key` needs a `dh=` of 65 bytes in base64url, the sender's public key")]
    CryptoKeyInvalid,
    #[error(transparent)]
    Content(#[from] DecryptError),
    #[error("the subscription takes signed requests only; send `Authorization: vapid t=…, k=…`")]
    VapidMissing,
    #[error(transparent)]
    Vapid(#[from] VapidError),
    #[error("a message is sent by `POST`, taken back by `DELETE`, and asked about by `GET`")]
    MethodNotAllowed { allow: &'static str },
    #[error("the body did not come whole; send it again")]
    BodyBroken,
    #[error("the host takes no pushes now; send again later")]
    Unavailable { retry_after: Duration },
    #[error("nothing takes pushes here")]
    NotFound,
    #[error("the subscription has ended; forget it")]
    Gone,
    #[error("the body may have {bytes_max} bytes; send less")]
    TooLarge { bytes_max: usize },
    #[error("too many pushes are waiting; send again later")]
    TooMany { retry_after: Duration },
}

impl Problem {
    /// The status to answer with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::TtlMissing
            | Self::TtlInvalid
            | Self::UrgencyInvalid
            | Self::TopicInvalid
            | Self::HeaderInvalid { .. }
            | Self::EncodingMissing
            | Self::EncodingUnknown
            | Self::EncryptionInvalid
            | Self::CryptoKeyInvalid
            | Self::BodyBroken
            | Self::Content(_) => StatusCode::BAD_REQUEST,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            // Absent and invalid are told apart (RFC 8292 section 4.2).
            Self::VapidMissing => StatusCode::UNAUTHORIZED,
            Self::Vapid(_) => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Gone => StatusCode::GONE,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    /// The stable name of this problem.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TtlMissing => "ttl-missing",
            Self::TtlInvalid => "invalid-ttl",
            Self::UrgencyInvalid => "invalid-urgency",
            Self::TopicInvalid => "invalid-topic",
            Self::HeaderInvalid { .. } => "invalid-header",
            Self::EncodingMissing => "encoding-missing",
            Self::EncodingUnknown => "encoding-unknown",
            Self::EncryptionInvalid => "invalid-encryption",
            Self::CryptoKeyInvalid => "invalid-crypto-key",
            Self::Content(error) => error.code(),
            Self::VapidMissing => "vapid-missing",
            Self::Vapid(error) => error.code(),
            Self::NotFound => "not-found",
            Self::Gone => "gone",
            Self::TooLarge { .. } => "content-too-large",
            Self::TooMany { .. } => "too-many-requests",
            Self::MethodNotAllowed { .. } => "method-not-allowed",
            Self::BodyBroken => "content-broken",
            Self::Unavailable { .. } => "unavailable",
        }
    }

    /// The number that Mozilla's autopush gives it, which senders written for that look at.
    #[must_use]
    pub fn errno(&self) -> Option<u16> {
        match self {
            Self::NotFound => Some(102),
            Self::TooLarge { .. } => Some(104),
            Self::Gone => Some(106),
            Self::VapidMissing | Self::Vapid(_) => Some(109),
            Self::EncodingMissing
            | Self::EncodingUnknown
            | Self::EncryptionInvalid
            | Self::CryptoKeyInvalid
            | Self::Content(_) => Some(110),
            Self::TtlMissing | Self::TtlInvalid => Some(111),
            Self::TopicInvalid => Some(113),
            Self::UrgencyInvalid
            | Self::HeaderInvalid { .. }
            | Self::TooMany { .. }
            | Self::MethodNotAllowed { .. }
            | Self::BodyBroken
            | Self::Unavailable { .. } => None,
        }
    }

    /// The body to answer with, in the form of autopush; `error` is the stable name, as at the
    /// other doors of the host.
    #[must_use]
    pub fn body(&self) -> Value {
        let mut body = json!({
            "code": self.status().as_u16(),
            "error": self.code(),
            "message": self.to_string(),
        });
        if let Some(errno) = self.errno() {
            body["errno"] = Value::from(errno);
        }
        body
    }

    /// The headers to answer with.
    #[must_use]
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        match self {
            // A 401 says how to do better (RFC 9110 section 15.5.2).
            Self::VapidMissing => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("vapid"));
            }
            // A day, as autopush says: what has ended stays so.
            Self::Gone => {
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=86400"));
            }
            Self::MethodNotAllowed { allow } => {
                headers.insert(header::ALLOW, HeaderValue::from_static(allow));
            }
            // Whole seconds, and never 0: that would be no pause.
            Self::TooMany { retry_after } | Self::Unavailable { retry_after } => {
                let begun = u64::from(retry_after.subsec_nanos() > 0);
                let seconds = retry_after.as_secs().saturating_add(begun).max(1);
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            _ => {}
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_answered_in_the_form_of_autopush() {
        assert_eq!(
            Problem::TtlInvalid.body(),
            json!({
                "code": 400,
                "errno": 111,
                "error": "invalid-ttl",
                "message": "`TTL` is a number of whole seconds, like `3600`",
            })
        );
        let body = Problem::TooMany { retry_after: Duration::ZERO }.body();
        assert_eq!(body.get("errno"), None);
    }

    #[test]
    fn each_problem_has_the_status_of_its_rfc() {
        let wrong = Problem::from(VapidError::Signature);
        let undecryptable = Problem::from(DecryptError::NotForThisKey);
        let later = Problem::TooMany { retry_after: Duration::from_millis(1_500) };
        for (problem, status, code) in [
            (Problem::UrgencyInvalid, 400, "invalid-urgency"),
            (undecryptable, 400, "content-not-for-this-key"),
            (Problem::VapidMissing, 401, "vapid-missing"),
            (wrong, 403, "vapid-signature"),
            (Problem::NotFound, 404, "not-found"),
            (Problem::Gone, 410, "gone"),
            (Problem::TooLarge { bytes_max: 4_096 }, 413, "content-too-large"),
            (later, 429, "too-many-requests"),
        ] {
            assert_eq!((problem.status().as_u16(), problem.code()), (status, code));
            assert_eq!(problem.body()["code"], status);
        }
    }

    #[test]
    fn a_problem_says_what_to_do_in_headers_too() {
        let header = |problem: &Problem, name: &str| {
            let headers = problem.headers();
            headers.get(name).map(|value| value.to_str().expect("it is ASCII").to_owned())
        };
        let pause = |retry_after| {
            header(&Problem::TooMany { retry_after }, "retry-after").expect("it is there")
        };
        assert_eq!(pause(Duration::ZERO), "1");
        assert_eq!(pause(Duration::from_millis(1_500)), "2");
        assert_eq!(pause(Duration::from_secs(2)), "2");
        assert_eq!(header(&Problem::VapidMissing, "www-authenticate").as_deref(), Some("vapid"));
        assert_eq!(header(&Problem::Gone, "cache-control").as_deref(), Some("max-age=86400"));
        let json = Some("application/json");
        assert_eq!(header(&Problem::NotFound, "content-type").as_deref(), json);
        assert_eq!(header(&Problem::NotFound, "retry-after"), None);
    }
}
