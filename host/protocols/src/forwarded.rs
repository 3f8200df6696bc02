//! From where a request came to the proxy that passed it on: `X-Forwarded-For`, or `Forwarded` of
//! RFC 7239. Whether to believe it is for who knows the proxy.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

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
/// address.
#[must_use]
pub fn hops(by: ForwardedBy, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let name = match by {
        ForwardedBy::XForwardedFor => "x-forwarded-for",
        ForwardedBy::Forwarded => "forwarded",
    };
    let lines = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default());
    match by {
        ForwardedBy::XForwardedFor => lines.flat_map(|line| line.split(',')).map(address).collect(),
        ForwardedBy::Forwarded => {
            lines.flat_map(|line| unquoted(line, ',')).map(of_element).collect()
        }
    }
}

/// One element of `Forwarded`: some `name=value` with `;` between.
fn of_element(element: &str) -> Option<IpAddr> {
    let value = unquoted(element, ';').into_iter().find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value.trim())
    })?;
    let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    address(inner.unwrap_or(value))
}

/// An address with or without a port; one of IPv6 may be in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// The parts of a text between separators that are not within quotes.
fn unquoted(text: &str, separator: char) -> Vec<&str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(|letter| {
        let is_end = letter == separator && !is_quoted;
        is_quoted ^= letter == '"' && !is_escaped;
        is_escaped = is_quoted && letter == '\\' && !is_escaped;
        is_end
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(by: ForwardedBy, lines: &[&str]) -> Vec<String> {
        let name = match by {
            ForwardedBy::XForwardedFor => "x-forwarded-for",
            ForwardedBy::Forwarded => "forwarded",
        };
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name, line.parse().expect("it is a value"));
        }
        let text = |hop: Option<IpAddr>| hop.map_or_else(|| "-".to_owned(), |hop| hop.to_string());
        hops(by, &headers).into_iter().map(text).collect()
    }

    #[test]
    fn lists_are_read_in_their_order() {
        let lines = ["192.0.2.1, 198.51.100.7:4711", "unknown,2001:db8::7 ,[2001:db8::8]:1"];
        let hops = all(ForwardedBy::XForwardedFor, &lines);
        assert_eq!(hops, ["192.0.2.1", "198.51.100.7", "-", "2001:db8::7", "2001:db8::8"]);
        assert_eq!(all(ForwardedBy::XForwardedFor, &[]), Vec::<String>::new());
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
}
