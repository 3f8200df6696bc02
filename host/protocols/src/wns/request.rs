use std::time::Duration;

use bugle_task::ToastKey;
use http::{HeaderMap, header};

use super::Problem;

/// The most bytes that a notification may have (WNS, request and response headers page, 413). The raw
/// overview says 5 KB; the wire limit is the smaller one.
pub const CONTENT_BYTES_MAX: usize = 5_000;

/// The most characters of a tag or a group (WNS, request and response headers page).
const LABEL_CHARS_MAX: usize = 16;

/// The most characters of `MS-CV` (Correlation Vector standard 2.1, which the headers page names).
const CORRELATION_CHARS_MAX: usize = 127;

/// The longest time to live that is kept. A channel lasts 30 days (WNS, channels page), and so nothing
/// that was sent to it lasts longer. A bound also spares the caller sums that overflow.
const TTL_MAX: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What the headers of a notification say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What the content is.
    pub kind: Kind,
    /// Whether it is kept while the device is not there. Never true of a toast.
    pub cache: bool,
    /// Whether the reply is to say how the device is.
    pub wants_status: bool,
    /// How long it may be shown, at most 30 days; none for as long as it takes.
    pub ttl: Option<Duration>,
    /// With `group`, names the notification: a later one of the same name replaces it.
    pub tag: Option<String>,
    /// See `tag`.
    pub group: Option<String>,
    /// How soon it is to be delivered.
    pub priority: Priority,
    /// Whether a toast goes to the list of past toasts, without popping up.
    pub suppress_popup: bool,
    /// The sender's name for the exchange, which the reply repeats.
    pub correlation: Option<String>,
}

/// What a notification is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Bytes for the app, or for its background task.
    Raw,
    /// A notice for the person.
    Toast,
    /// The mark on the app's icon.
    Badge,
    /// The content of the app's tile.
    Tile,
}

/// How soon a notification is to be delivered (WNS, priorities page).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// 1: also when the screen is off.
    High,
    /// 2: in batches when the screen is off.
    Medium,
    /// 3: kept while the screen is off.
    Low,
    /// 4: kept, and also while energy is saved.
    VeryLow,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Raw, Self::Toast, Self::Badge, Self::Tile];

    /// The kind as it stands in `X-WNS-Type`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "wns/raw",
            Self::Toast => "wns/toast",
            Self::Badge => "wns/badge",
            Self::Tile => "wns/tile",
        }
    }

    /// The priority of a notification that names none (WNS, priorities page).
    #[must_use]
    pub fn priority(self) -> Priority {
        match self {
            Self::Toast => Priority::High,
            Self::Badge | Self::Tile => Priority::Medium,
            Self::Raw => Priority::Low,
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Raw => "application/octet-stream",
            Self::Toast | Self::Badge | Self::Tile => "text/xml",
        }
    }

    /// Whether it is kept when its sender does not say (WNS, request and response headers page).
    fn is_cached(self) -> bool {
        matches!(self, Self::Badge | Self::Tile)
    }
}

impl Request {
    /// Reads the headers of a notification. Those that the protocol does not name are not looked at:
    /// senders also send what is left of an older protocol.
    ///
    /// # Errors
    ///
    /// [`Problem::BadRequest`] names the header that is wrong and what would be right;
    /// [`Problem::TooLarge`] is for a content that is announced as too long.
    pub fn parse(headers: &HeaderMap) -> Result<Self, Problem> {
        let kind = kind(headers)?;
        check_content_type(headers, kind)?;
        check_content_length(headers, kind)?;
        Ok(Self {
            kind,
            cache: cache(headers, kind)?,
            wants_status: flag(headers, "X-WNS-RequestForStatus")?,
            ttl: ttl(headers)?,
            tag: label(headers, "X-WNS-Tag")?,
            group: label(headers, "X-WNS-Group")?,
            priority: priority(headers, kind)?,
            suppress_popup: flag(headers, "X-WNS-SuppressPopup")?,
            correlation: checked_correlation(headers)?.map(str::to_owned),
        })
    }
}

/// The token of `Authorization: Bearer …`.
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = one(headers, "Authorization").ok()??.split_once(' ')?;
    let token = token.trim_start();
    // A scheme's name has no case (RFC 9110, 11.1).
    (scheme.eq_ignore_ascii_case("Bearer") && !token.is_empty()).then_some(token)
}

/// The sender's name for the exchange, where it is one: also for the reply to a request that is wrong.
#[must_use]
pub fn correlation(headers: &HeaderMap) -> Option<&str> {
    checked_correlation(headers).ok()?
}

fn bad(what: impl Into<String>) -> Problem {
    Problem::BadRequest(what.into())
}

/// The one value of a header. Which of two different ones is meant, nobody can know.
fn one<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.any(|other| other != value) {
        return Err(bad(format!("`{name}` has two different values; send it once")));
    }
    let text = value.to_str().map_err(|_| bad(format!("`{name}` is not printable ASCII")))?;
    Ok(Some(text.trim()))
}

fn kind(headers: &HeaderMap) -> Result<Kind, Problem> {
    let named = one(headers, "X-WNS-Type")?.unwrap_or_default();
    let kind = Kind::ALL.into_iter().find(|kind| named.eq_ignore_ascii_case(kind.as_str()));
    kind.ok_or_else(|| bad("`X-WNS-Type` is `wns/raw`, `wns/toast`, `wns/badge` or `wns/tile`"))
}

fn check_content_type(headers: &HeaderMap, kind: Kind) -> Result<(), Problem> {
    let expected = kind.media_type();
    // Without parameters: XML says itself what its characters are.
    let given = one(headers, "Content-Type")?.and_then(|given| given.split(';').next());
    match given.map(str::trim) {
        // PushSharp, a widely used sender, sends a raw push without it.
        None if kind == Kind::Raw => Ok(()),
        Some(given) if given.eq_ignore_ascii_case(expected) => Ok(()),
        _ => Err(bad(format!("`Content-Type` of `{}` is `{expected}`", kind.as_str()))),
    }
}

/// The length has to be there, for the protocol has no chunks (WNS, request and response headers
/// page). A raw push has at least one byte (WNS, raw overview).
fn check_content_length(headers: &HeaderMap, kind: Kind) -> Result<(), Problem> {
    if headers.contains_key(header::TRANSFER_ENCODING) {
        return Err(bad("`Transfer-Encoding` is not supported; send `Content-Length` instead"));
    }
    let Some(length) = one(headers, "Content-Length")? else {
        return Err(bad("`Content-Length` is missing; send the number of bytes"));
    };
    match number(length) {
        None => Err(bad("`Content-Length` is a number of bytes, like `120`")),
        Some(length) if length > CONTENT_BYTES_MAX as u64 => Err(Problem::TooLarge),
        Some(0) if kind == Kind::Raw => Err(bad("a raw notification has at least one byte")),
        Some(_) => Ok(()),
    }
}

/// A number of digits only; one that is too great counts as the greatest.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

fn cache(headers: &HeaderMap, kind: Kind) -> Result<bool, Problem> {
    let is_asked = match one(headers, "X-WNS-Cache-Policy")? {
        None => kind.is_cached(),
        Some(policy) if policy.eq_ignore_ascii_case("cache") => true,
        Some(policy) if policy.eq_ignore_ascii_case("no-cache") => false,
        Some(_) => return Err(bad("`X-WNS-Cache-Policy` is `cache` or `no-cache`")),
    };
    // Toasts are never kept (WNS, overview page), whatever the header says.
    Ok(is_asked && kind != Kind::Toast)
}

fn flag(headers: &HeaderMap, name: &'static str) -> Result<bool, Problem> {
    match one(headers, name)? {
        None => Ok(false),
        Some(flag) if flag.eq_ignore_ascii_case("true") => Ok(true),
        Some(flag) if flag.eq_ignore_ascii_case("false") => Ok(false),
        Some(_) => Err(bad(format!("`{name}` is `true` or `false`"))),
    }
}

fn ttl(headers: &HeaderMap) -> Result<Option<Duration>, Problem> {
    let Some(ttl) = one(headers, "X-WNS-TTL")? else { return Ok(None) };
    let seconds =
        number(ttl).ok_or_else(|| bad("`X-WNS-TTL` is a number of whole seconds, like `3600`"))?;
    Ok(Some(Duration::from_secs(seconds).min(TTL_MAX)))
}

fn label(headers: &HeaderMap, name: &'static str) -> Result<Option<String>, Problem> {
    let Some(label) = one(headers, name)? else { return Ok(None) };
    if !is_label(label) {
        return Err(bad(format!("`{name}` has 1 to {LABEL_CHARS_MAX} letters and digits")));
    }
    Ok(Some(label.to_owned()))
}

/// Which toasts a `DELETE` takes away, by `X-WNS-Match` (WNS, request and response headers page): one of a
/// tag, one of a tag in a group, all of a group, or all.
///
/// # Errors
///
/// [`Problem::BadRequest`] if the header is missing, or is none of these.
pub fn matched(headers: &HeaderMap) -> Result<ToastKey, Problem> {
    let wrong =
        || bad("`X-WNS-Match` is `type:wns/toast;` and `all`, or `group=…`, `tag=…` or both");
    let mut parts = one(headers, "X-WNS-Match")?.ok_or_else(wrong)?.split(';').map(str::trim);
    if !parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("type:wns/toast")) {
        return Err(wrong());
    }
    let (mut key, mut is_all) = (ToastKey::default(), false);
    for part in parts {
        let place = match part.split_once('=') {
            None if part.eq_ignore_ascii_case("all") && !is_all => {
                is_all = true;
                continue;
            }
            Some((name, _)) if name.eq_ignore_ascii_case("group") => &mut key.group,
            Some((name, _)) if name.eq_ignore_ascii_case("tag") => &mut key.tag,
            _ => return Err(wrong()),
        };
        let label = part.split_once('=').map(|(_, label)| label).unwrap_or_default();
        if place.is_some() || !is_label(label) {
            return Err(wrong());
        }
        *place = Some(label.to_owned());
    }
    // Either some, or all.
    let is_some = key != ToastKey::default();
    if is_some == is_all { Err(wrong()) } else { Ok(key) }
}

fn is_label(text: &str) -> bool {
    (1..=LABEL_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn priority(headers: &HeaderMap, kind: Kind) -> Result<Priority, Problem> {
    match one(headers, "X-WNS-PRIORITY")? {
        None => Ok(kind.priority()),
        Some("1") => Ok(Priority::High),
        Some("2") => Ok(Priority::Medium),
        Some("3") => Ok(Priority::Low),
        Some("4") => Ok(Priority::VeryLow),
        Some(_) => Err(bad("`X-WNS-PRIORITY` is 1, 2, 3 or 4")),
    }
}

fn checked_correlation(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(vector) = one(headers, "MS-CV")? else { return Ok(None) };
    let is_right = (1..=CORRELATION_CHARS_MAX).contains(&vector.len())
        && vector.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_right {
        let what = format!("`MS-CV` has 1 to {CORRELATION_CHARS_MAX} characters and no spaces");
        return Err(bad(what));
    }
    Ok(Some(vector))
}

#[cfg(test)]
mod tests;
