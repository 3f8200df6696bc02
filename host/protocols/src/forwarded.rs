//! From where a request came to the proxy that passed it on: `X-Forwarded-For`, or `Forwarded` of
//! RFC 7239. Whether to believe it is for who knows the proxy.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderValue};

/// Which of the two headers a proxy writes. The other is whatever the sender says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ForwardedBy {
    /// `X-Forwarded-For: 192.0.2.1, 198.51.100.7`, as most proxies write it.
    #[default]
    XForwardedFor,
    /// `Forwarded: for=192.0.2.1, for="[2001:db8::7]:443"` (RFC 7239).
    Forwarded,
}

/// The addresses that a request came through, the nearest last; none for one that is hidden, or is no
/// address. Of a line of `Forwarded` whose quotes are not closed nothing is believed: what a proxy has
/// added to it may be within them.
#[must_use]
pub fn hops(by: ForwardedBy, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let name = match by {
        ForwardedBy::XForwardedFor => "x-forwarded-for",
        ForwardedBy::Forwarded => "forwarded",
    };
    let lines = headers.get_all(name).iter().map(HeaderValue::as_bytes);
    match by {
        ForwardedBy::XForwardedFor => {
            lines.flat_map(|line| line.split(|byte| *byte == b',')).map(address).collect()
        }
        ForwardedBy::Forwarded => lines.flat_map(of_line).collect(),
    }
}

fn of_line(line: &[u8]) -> Vec<Option<IpAddr>> {
    match unquoted(line, b',') {
        Some(elements) => elements.into_iter().map(of_element).collect(),
        None => vec![None],
    }
}

/// One element of `Forwarded`: some `name=value` with `;` between.
fn of_element(element: &[u8]) -> Option<IpAddr> {
    let value = unquoted(element, b';')?.into_iter().find_map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (pair[..at].trim_ascii(), pair[at + 1..].trim_ascii());
        name.eq_ignore_ascii_case(b"for").then_some(value)
    })?;
    let inner = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    address(inner.unwrap_or(value))
}

/// An address with or without a port; one of IPv6 may be in brackets.
fn address(bytes: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(bytes).ok()?.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// The parts of a text between separators that are not within quotes; none if quotes are not closed.
fn unquoted(text: &[u8], separator: u8) -> Option<Vec<&[u8]>> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let parts = text.split(|byte| {
        let is_end = *byte == separator && !is_quoted;
        is_quoted ^= *byte == b'"' && !is_escaped;
        is_escaped = is_quoted && *byte == b'\\' && !is_escaped;
        is_end
    });
    let parts = parts.collect();
    (!is_quoted).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all<L: AsRef<[u8]>>(by: ForwardedBy, lines: &[L]) -> Vec<String> {
        let name = match by {
            ForwardedBy::XForwardedFor => "x-forwarded-for",
            ForwardedBy::Forwarded => "forwarded",
        };
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name, HeaderValue::from_bytes(line.as_ref()).expect("it is a value"));
        }
        let text = |hop: Option<IpAddr>| hop.map_or_else(|| "-".to_owned(), |hop| hop.to_string());
        hops(by, &headers).into_iter().map(text).collect()
    }

    #[test]
    fn lists_are_read_in_their_order() {
        let lines = ["192.0.2.1, 198.51.100.7:4711", "unknown,2001:db8::7 ,[2001:db8::8]:1"];
        let hops = all(ForwardedBy::XForwardedFor, &lines);
        assert_eq!(hops, ["192.0.2.1", "198.51.100.7", "-", "2001:db8::7", "2001:db8::8"]);
        assert_eq!(all::<&str>(ForwardedBy::XForwardedFor, &[]), Vec::<String>::new());
    }

    /// The examples of RFC 7239, section 4.
    #[test]
    fn the_examples_of_the_rfc_are_read() {
        let lines = [
            "for=\"_gazonk\"",
            "For=\"[2001:db8:cafe::17]:4711\"",
            "for=192.0.2.60;proto=http;by=203.0.113.43",
            "for=192.0.2.43, for=198.51.100.17",
        ];
        let hops = all(ForwardedBy::Forwarded, &lines);
        assert_eq!(hops, ["-", "2001:db8:cafe::17", "192.0.2.60", "192.0.2.43", "198.51.100.17"]);
    }

    #[test]
    fn what_is_quoted_separates_nothing() {
        let line = "host=\"a, for=192.0.2.1; \\\" b\";for=192.0.2.2, proto=https";
        assert_eq!(all(ForwardedBy::Forwarded, &[line]), ["192.0.2.2", "-"]);
    }

    /// A sender may write anything before what the proxy adds.
    #[test]
    fn what_a_proxy_adds_is_never_within_a_senders_quotes() {
        let by = ForwardedBy::Forwarded;
        for line in ["for=203.0.113.7;x=\", for=1.2.3.4", "for=203.0.113.7;x=\"\\\", for=1.2.3.4"] {
            assert_eq!(all(by, &[line]), ["-"], "{line}");
        }
        assert_eq!(all(by, &["x=\"", "for=1.2.3.4"]), ["-", "1.2.3.4"], "it adds lines of its own");
        assert_eq!(all(by, &["for=\"203.0.113.7\"x, for=1.2.3.4"]), ["-", "1.2.3.4"]);
        assert_eq!(all(by, &[b"for=\xff, for=1.2.3.4".as_slice()]), ["-", "1.2.3.4"]);
        let plain = [b"\xff\", 1.2.3.4".as_slice()];
        assert_eq!(all(ForwardedBy::XForwardedFor, &plain), ["-", "1.2.3.4"]);
    }
}
