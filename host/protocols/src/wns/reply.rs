use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

/// The most characters of a header of a reply: enough for a sentence that says what is wrong.
const VALUE_CHARS_MAX: usize = 256;

/// What became of a notification (WNS, request and response headers page).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It was taken, which does not say that the device has it.
    Received,
    /// It was thrown away.
    Dropped,
    /// It was thrown away because too many came to its channel.
    ChannelThrottled,
}

/// How the device is (WNS, request and response headers page).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// It is there.
    Connected,
    /// It is not there.
    Disconnected,
    /// It has just gone, and is likely to be back soon.
    TempDisconnected,
}

/// Why a notification is refused (WNS, request and response headers page).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A header is wrong, or contradicts another.
    #[error("{0}")]
    BadRequest(String),
    /// There is no token, or it is not valid.
    #[error("{0}")]
    Unauthorized(String),
    /// The token is of another app than the channel.
    #[error("the token is not of the channel's app; ask for one with that app's credentials")]
    Forbidden,
    /// There is no such channel.
    #[error("the channel is not known; send nothing more to it")]
    NotFound,
    /// The request is no `POST`.
    #[error("a notification is a `POST`; send it as one")]
    MethodNotAllowed,
    /// The sender sends too much.
    #[error("too many notifications; wait as long as `Retry-After` says")]
    Throttled {
        /// When the sender may send again.
        retry_after: Duration,
    },
    /// The channel has ended.
    #[error("the channel has expired; send to the one that the app opens next")]
    Gone,
    /// The content has too many bytes.
    #[error("a notification has at most 5000 bytes; send less")]
    TooLarge,
    /// Something went wrong that is the host's to mend.
    #[error("the notification was lost inside the host; send it again later")]
    Internal,
    /// The host takes no notifications now.
    #[error("the host takes no notifications now; wait as long as `Retry-After` says")]
    Unavailable {
        /// When the sender may try again.
        retry_after: Duration,
    },
}

/// What every reply to one request says, whatever became of it.
#[derive(Debug, Clone, Copy)]
pub struct Reply<'a> {
    /// The notification's number: what a sender and the operator talk about.
    pub message: u64,
    /// Which host answered; letters and digits.
    pub trace: &'a str,
    /// The sender's name for the exchange, where it gave one.
    pub correlation: Option<&'a str>,
    /// How the device is, where the sender asked.
    pub device: Option<Device>,
}

impl Status {
    /// The status as it stands in a header.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Dropped => "dropped",
            Self::ChannelThrottled => "channelthrottled",
        }
    }
}

impl Device {
    /// The state as it stands in a header.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            // The page also has `tempconnected`; its syntax line, and the clients, have this.
            Self::TempDisconnected => "tempdisconnected",
        }
    }
}

impl Problem {
    /// The status code of the answer.
    #[must_use]
    pub fn code(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            // Not 429: no client of the protocol knows it.
            Self::Throttled { .. } => StatusCode::NOT_ACCEPTABLE,
            Self::Gone => StatusCode::GONE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What became of the notification. None where it did not get as far as a channel: the recorded
    /// answer for an unknown one has no status.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        match self {
            Self::BadRequest(_) | Self::TooLarge | Self::Internal => Some(Status::Dropped),
            Self::Throttled { .. } => Some(Status::ChannelThrottled),
            Self::Unauthorized(_)
            | Self::Forbidden
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::Gone
            | Self::Unavailable { .. } => None,
        }
    }
}

impl Reply<'_> {
    /// The answer to a notification that was looked at, whatever became of it. `continue_after` is
    /// for a throttled channel: when to send to it again.
    #[must_use]
    pub fn accepted(&self, status: Status, continue_after: Option<Duration>) -> Response<()> {
        let mut response = self.answer(StatusCode::OK, Some(status));
        let headers = response.headers_mut();
        if let Some(device) = self.device {
            let state = HeaderValue::from_static(device.as_str());
            headers.insert("x-wns-deviceconnectionstatus", state);
        }
        if let Some(pause) = continue_after {
            throttle(headers, pause);
        }
        response
    }

    /// The answer to a notification that is refused.
    #[must_use]
    pub fn refused(&self, problem: &Problem) -> Response<()> {
        let mut response = self.answer(problem.code(), problem.status());
        let headers = response.headers_mut();
        headers.insert("x-wns-error-description", value(&problem.to_string()));
        match problem {
            Problem::Unauthorized(_) => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Problem::MethodNotAllowed => {
                headers.insert(header::ALLOW, HeaderValue::from_static("POST, DELETE"));
            }
            Problem::Throttled { retry_after } => throttle(headers, *retry_after),
            Problem::Unavailable { retry_after } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds(*retry_after)));
            }
            _ => {}
        }
        response
    }

    fn answer(&self, code: StatusCode, status: Option<Status>) -> Response<()> {
        let mut response = Response::new(());
        *response.status_mut() = code;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        // At most 16 letters and digits (WNS, request and response headers page).
        headers.insert("x-wns-msg-id", value(&format!("{:016X}", self.message)));
        headers.insert("x-wns-debug-trace", value(self.trace));
        let correlation = self.correlation.map_or_else(|| self.vector(), str::to_owned);
        headers.insert("ms-cv", value(&correlation));
        if let Some(status) = status {
            // The page has the first name and the wire the second. Each client reads only one.
            for name in ["x-wns-status", "x-wns-notificationstatus"] {
                headers.insert(name, HeaderValue::from_static(status.as_str()));
            }
        }
        response
    }

    /// A correlation vector for a sender that gave none: 16 bytes in base64, and the first step
    /// (Correlation Vector standard 2.1).
    fn vector(&self) -> String {
        format!("{}.0", STANDARD_NO_PAD.encode(u128::from(self.message).to_be_bytes()))
    }
}

/// Says when to send again, to clients of the protocol and to those that only know HTTP.
fn throttle(headers: &mut HeaderMap, pause: Duration) {
    headers.insert("x-wns-continue-after", HeaderValue::from(seconds(pause)));
    headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds(pause)));
}

/// Whole seconds, and never 0: that would be no pause.
fn seconds(pause: Duration) -> u64 {
    pause.as_secs().saturating_add(u64::from(pause.subsec_nanos() > 0)).max(1)
}

/// A text as a header's value: printable and cut, for it may repeat what a sender gave.
fn value(text: &str) -> HeaderValue {
    let printable = |c: char| if matches!(c, ' '..='~') { c } else { '?' };
    let text: String = text.chars().take(VALUE_CHARS_MAX).map(printable).collect();
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLY: Reply<'static> =
        Reply { message: 0xBE4_E575_385F_67FE, trace: "BUGLE1", correlation: None, device: None };

    fn header<'a>(response: &'a Response<()>, name: &str) -> Option<&'a str> {
        response.headers().get(name).map(|value| value.to_str().unwrap())
    }

    fn statuses(response: &Response<()>) -> [Option<&str>; 2] {
        ["X-WNS-Status", "X-WNS-NotificationStatus"].map(|name| header(response, name))
    }

    #[test]
    fn an_accepted_notification_has_the_headers_that_any_client_reads() {
        let response = REPLY.accepted(Status::Received, None);
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(statuses(&response), [Some("received"); 2]);
        assert_eq!(header(&response, "Content-Length"), Some("0"));
        assert_eq!(header(&response, "X-WNS-Msg-ID"), Some("0BE4E575385F67FE"));
        assert_eq!(header(&response, "X-WNS-Debug-Trace"), Some("BUGLE1"));
        for name in ["X-WNS-Error-Description", "X-WNS-DeviceConnectionStatus", "Retry-After"] {
            assert_eq!(header(&response, name), None, "{name}");
        }
    }

    #[test]
    fn the_device_is_named_when_it_was_asked_for() {
        for (device, name) in [
            (Device::Connected, "connected"),
            (Device::Disconnected, "disconnected"),
            (Device::TempDisconnected, "tempdisconnected"),
        ] {
            let reply = Reply { device: Some(device), ..REPLY };
            let response = reply.accepted(Status::Dropped, None);
            assert_eq!(header(&response, "X-WNS-DeviceConnectionStatus"), Some(name));
            assert_eq!(statuses(&response), [Some("dropped"); 2]);
        }
    }

    #[test]
    fn every_problem_has_its_code_and_says_what_it_is() {
        let retry_after = Duration::from_millis(1_200);
        for (problem, code) in [
            (Problem::BadRequest("a header is wrong".to_owned()), 400),
            (Problem::Unauthorized("there is no token".to_owned()), 401),
            (Problem::Forbidden, 403),
            (Problem::NotFound, 404),
            (Problem::MethodNotAllowed, 405),
            (Problem::Throttled { retry_after }, 406),
            (Problem::Gone, 410),
            (Problem::TooLarge, 413),
            (Problem::Internal, 500),
            (Problem::Unavailable { retry_after }, 503),
        ] {
            let response = REPLY.refused(&problem);
            assert_eq!(response.status().as_u16(), code);
            let description = header(&response, "X-WNS-Error-Description");
            assert_eq!(description, Some(problem.to_string().as_str()));
            assert_eq!(statuses(&response), [problem.status().map(Status::as_str); 2]);
            assert_eq!(header(&response, "X-WNS-Msg-ID"), Some("0BE4E575385F67FE"));
            assert_eq!(header(&response, "Content-Length"), Some("0"));
        }
    }

    #[test]
    fn an_unknown_channel_has_no_status() {
        assert_eq!(statuses(&REPLY.refused(&Problem::NotFound)), [None; 2]);
    }

    #[test]
    fn a_throttled_sender_learns_when_to_send_again_rounded_up() {
        let pauses = |response: &Response<()>| {
            let read = |name| header(response, name).map(str::to_owned);
            (read("X-WNS-CONTINUE-AFTER"), read("Retry-After"))
        };
        for (millis, expected) in [(0, "1"), (1_000, "1"), (1_001, "2"), (600_000, "600")] {
            let retry_after = Duration::from_millis(millis);
            let both = (Some(expected.to_owned()), Some(expected.to_owned()));
            let response = REPLY.refused(&Problem::Throttled { retry_after });
            assert_eq!(pauses(&response), both);
            assert_eq!(statuses(&response), [Some("channelthrottled"); 2]);
            let response = REPLY.accepted(Status::ChannelThrottled, Some(retry_after));
            assert_eq!(pauses(&response), both);
            let response = REPLY.refused(&Problem::Unavailable { retry_after });
            assert_eq!(pauses(&response), (None, Some(expected.to_owned())));
        }
    }

    #[test]
    fn a_sender_without_a_token_learns_what_to_bring() {
        let response = REPLY.refused(&Problem::Unauthorized("there is no token".to_owned()));
        assert_eq!(header(&response, "WWW-Authenticate"), Some("Bearer"));
        let response = REPLY.refused(&Problem::MethodNotAllowed);
        assert_eq!(header(&response, "Allow"), Some("POST, DELETE"));
    }

    #[test]
    fn the_correlation_vector_is_repeated_or_made() {
        let reply = Reply { correlation: Some("tul4NUsfs9Cl7mOf.1"), ..REPLY };
        let response = reply.accepted(Status::Received, None);
        assert_eq!(header(&response, "MS-CV"), Some("tul4NUsfs9Cl7mOf.1"));
        let response = REPLY.refused(&Problem::Gone);
        let made = header(&response, "MS-CV").unwrap();
        assert_eq!(made.split_once('.').map(|(base, step)| (base.len(), step)), Some((22, "0")));
        assert_ne!(made, Reply { message: 1, ..REPLY }.vector());
    }

    #[test]
    fn a_description_cannot_break_out_of_its_header() {
        let problem = Problem::BadRequest(format!("a\r\nX-Evil: 1 \u{e9}{}", "b".repeat(5_000)));
        let response = REPLY.refused(&problem);
        let description = header(&response, "X-WNS-Error-Description").unwrap();
        assert!(description.starts_with("a??X-Evil: 1 ?bbb"), "{description}");
        assert_eq!(description.len(), VALUE_CHARS_MAX);
        assert_eq!(header(&response, "X-Evil"), None);
    }
}
