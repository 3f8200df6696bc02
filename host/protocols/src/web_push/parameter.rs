//! Parameters of header values, and the base64 in them, as senders really write them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;

/// The value of a `name=value` in any line of a header.
pub(super) fn parameter<'a>(headers: &'a HeaderMap, header: &str, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header).into_iter();
    lines.filter_map(|line| line.to_str().ok()).find_map(|line| parameter_in(line, name))
}

/// The value of the first `name=value` in a line. The drafts put `;` within an entry and `,`
/// between entries, RFC 8292 puts `,` within one, and senders mix them: both only part parameters
/// here. No value that is looked for contains either.
pub(super) fn parameter_in<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.split([';', ',']).find_map(|part| {
        // At the first `=`: the others are padding of base64.
        let (found, value) = part.split_once('=')?;
        found.trim().eq_ignore_ascii_case(name).then(|| unquoted(value.trim()))
    })
}

/// A parameter may be quoted (RFC 9110 section 5.6.6). What is quoted here never needs an escape.
fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value)
}

/// Decodes base64 of either alphabet, with padding or without. The RFCs ask for the URL-safe
/// alphabet without padding; senders that reach for their language's default send the other.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let url_safe = |character| match character {
        '+' => '-',
        '/' => '_',
        other => other,
    };
    let text: String = text.trim_end_matches('=').chars().map(url_safe).collect();
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::super::samples::headers;
    use super::*;

    #[test]
    fn parameters_are_found_between_semicolons_commas_and_spaces() {
        for line in ["t=one,k=two", "t=one, k=two", "k=two ; t=one", "K=\"two\"; T = \"one\""] {
            assert_eq!(parameter_in(line, "t"), Some("one"), "{line}");
            assert_eq!(parameter_in(line, "k"), Some("two"), "{line}");
            assert_eq!(parameter_in(line, "rs"), None, "{line}");
        }
        assert_eq!(parameter_in("dh=first;dh=second", "dh"), Some("first"));
        assert_eq!(parameter_in("dh=AA==", "dh"), Some("AA=="));
        for line in ["", "=", ";;,,", "t", "t;=;k", "\""] {
            assert_eq!(parameter_in(line, "t"), None, "{line}");
        }
    }

    #[test]
    fn parameters_are_found_in_any_line_of_a_header() {
        let headers = headers(&[("Crypto-Key", "p256ecdsa=key"), ("Crypto-Key", "dh=point")]);
        assert_eq!(parameter(&headers, "Crypto-Key", "dh"), Some("point"));
        assert_eq!(parameter(&headers, "Crypto-Key", "p256ecdsa"), Some("key"));
        assert_eq!(parameter(&headers, "Encryption", "dh"), None);
    }

    #[test]
    fn base64_of_either_alphabet_is_decoded_with_padding_or_without() {
        for text in ["-_8", "-_8=", "+/8", "+/8="] {
            assert_eq!(decode(text), Some(vec![0xfb, 0xff]), "{text}");
        }
        assert_eq!(decode(""), Some(vec![]));
        for text in ["A", "AA=A", "é", "AA AA", "A.", "\0"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
