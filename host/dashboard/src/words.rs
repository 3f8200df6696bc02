//! Words and numbers as pages show them.

use bugle::{AppId, Timestamp, plain, plain_lines};
use maud::{Markup, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

const MOMENT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// Text of a guest or a sender, on one line, apart from the text around it.
pub(crate) fn guest(text: &str) -> Markup {
    html! { bdi { (plain(text)) } }
}

/// The same, with its lines.
pub(crate) fn guest_lines(text: &str) -> Markup {
    html! { bdi.lines { (plain_lines(text)) } }
}

/// What a path may have as it is (RFC 3986, "unreserved"), and what divides it.
const PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

/// Where a picture of an app is on this door, by what its toasts call it.
pub(crate) fn picture_path(app: &AppId, uri: &str) -> String {
    format!("/apps/{app}/pictures/{}", utf8_percent_encode(uri, PATH))
}

/// A moment, as a machine reads it; one that no calendar has is a number.
fn iso(at: Timestamp) -> String {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000_000).ok();
    let text = moment.and_then(|moment| moment.format(MOMENT).ok());
    text.unwrap_or_else(|| format!("{at} ms"))
}

/// A moment; who reads it sees the clock of their own place.
pub(crate) fn moment(at: Timestamp) -> Markup {
    let iso = iso(at);
    let clock = iso.get(11..19).unwrap_or(&iso).to_owned();
    html! { time datetime=(iso) title=(iso) { (clock) } }
}

/// How long ago something was, or that it is to come.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    match now.checked_sub(at) {
        None => "to come".to_owned(),
        Some(ms) if ms < 1_000 => "now".to_owned(),
        Some(ms) if ms < 60_000 => format!("{} s ago", ms / 1_000),
        Some(ms) if ms < 3_600_000 => format!("{} min ago", ms / 60_000),
        Some(ms) if ms < 48 * 3_600_000 => format!("{} h ago", ms / 3_600_000),
        Some(ms) => format!("{} days ago", ms / 86_400_000),
    }
}

/// A time in milliseconds.
pub(crate) fn milliseconds(ms: u64) -> String {
    if ms < 10_000 { format!("{ms} ms") } else { format!("{} s", bugle::count_text(ms / 1_000)) }
}

/// The first row of a table.
pub(crate) fn heading(names: &[&str]) -> Markup {
    html! { thead { tr { @for name in names { th scope="col" { (name) } } } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_calendars_or_a_number() {
        assert_eq!(iso(1_769_860_800_123), "2026-01-31T12:00:00.123Z");
        assert_eq!(iso(u64::MAX), format!("{} ms", u64::MAX));
    }

    #[test]
    fn how_long_ago_is_short() {
        let ago = |ms: u64| ago(1_000_000_000_000, 1_000_000_000_000 + ms);
        assert_eq!([ago(0), ago(59_999), ago(3_599_999)], ["now", "59 s ago", "59 min ago"]);
        assert_eq!(super::ago(2, 1), "to come");
    }

    #[test]
    fn a_guests_text_is_text() {
        let said = guest("<script>alert(1)</script>\u{202e}\x1b[2J").into_string();
        assert_eq!(said, "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;\\u{202e}\\u{1b}[2J</bdi>");
    }
}
