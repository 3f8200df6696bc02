//! What HTTP/1 looks like: heads that are mutated, and answers that have to be well-formed.

use std::fmt;

use anyhow::{Context as _, Result, bail, ensure};
use http::header::{HeaderMap, HeaderName, HeaderValue};

/// An answer of a door.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    /// The stable name of the error in its body, as its protocol calls it; nothing if there is none.
    pub(super) fn code(&self) -> String {
        let json: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let names = ["errcode", "code", "error"].map(|name| &json[name]);
        names.into_iter().find(|name| !name.is_null()).map_or_else(String::new, ToString::to_string)
    }

    /// What it says, without what is of this answer alone.
    pub(super) fn behaviour(&self) -> String {
        let of_wns = self.header("x-wns-status").unwrap_or_default();
        // By letters, since the digits of a behaviour do not count.
        let letters = |text: String| -> String {
            let letter = |c: char| {
                c.to_digit(10).map_or(c, |digit| char::from_digit(digit + 10, 36).unwrap_or(c))
            };
            text.chars().map(letter).collect()
        };
        letters(format!("{} {} {of_wns}", self.status, self.code()))
    }

    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.split("\r\n").skip(1).filter_map(|line| line.split_once(": "));
        lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.head, String::from_utf8_lossy(&self.body))
    }
}

/// The answers on a connection. One that the peer cut may end within an answer.
///
/// # Errors
///
/// They are no HTTP.
pub(super) fn answers(mut bytes: &[u8], is_cut: bool) -> Result<Vec<Answer>> {
    let mut answers = Vec::new();
    while !bytes.is_empty() {
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            ensure!(is_cut, "http: a head without an end: {}", bytes.escape_ascii());
            break;
        };
        let head = std::str::from_utf8(&bytes[..end]).context("http: a head is no text")?;
        let mut answer = Answer { status: status(head)?, head: head.to_owned(), body: Vec::new() };
        bytes = &bytes[end + 4..];
        let length = answer.header("content-length").map(str::parse::<usize>).transpose()?;
        ensure!(answer.header("transfer-encoding").is_none(), "http: a body in chunks: {head}");
        let is_interim = answer.status < 200;
        let length = length.filter(|_| !is_interim && answer.status != 204).unwrap_or(0);
        // The answer to `HEAD` says how long a body would be, and has none.
        if !bytes.is_empty() && !bytes.starts_with(b"HTTP/1.") {
            ensure!(bytes.len() >= length || is_cut, "http: a body of {} for {head}", bytes.len());
            let (body, rest) = bytes.split_at(length.min(bytes.len()));
            body.clone_into(&mut answer.body);
            bytes = rest;
        }
        if !is_interim {
            answers.push(answer);
        }
    }
    Ok(answers)
}

fn status(head: &str) -> Result<u16> {
    let mut lines = head.split("\r\n");
    let first = lines.next().unwrap_or_default();
    let version = first.strip_prefix("HTTP/1.1 ").or_else(|| first.strip_prefix("HTTP/1.0 "));
    let code = version.and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    let Ok(status @ 100..600) = code.parse::<u16>() else { bail!("http: no status in `{first}`") };
    for line in lines {
        let is_header = line.split_once(": ").is_some_and(|(name, value)| {
            let is_token = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
            !name.is_empty() && name.chars().all(is_token) && !value.chars().any(char::is_control)
        });
        ensure!(is_header, "http: no header: `{}`", line.escape_debug());
    }
    Ok(status)
}

/// Lines of headers up to an empty one, and the body. What can be no header of a request is left out.
pub(super) fn headers(input: &[u8]) -> (HeaderMap, &[u8]) {
    let (mut headers, mut rest) = (HeaderMap::new(), input);
    loop {
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let (line, body) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
        if line.is_empty() {
            return (headers, body);
        }
        rest = body;
        let at = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let value = line.get(at + 1..).unwrap_or_default().trim_ascii();
        let pair = (HeaderName::from_bytes(&line[..at]), HeaderValue::from_bytes(value));
        // As many as a door lets in.
        if let (Ok(name), Ok(value)) = pair
            && headers.len() < bugle_gateway::HEADERS_MAX
        {
            headers.append(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart() -> Result<()> {
        let two = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi\
                    HTTP/1.1 404 Not Found\r\ncontent-length: 7\r\n\r\n";
        let statuses: Vec<_> = answers(two, false)?.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, [200, 404]);
        assert_eq!(answers(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nh", true)?.len(), 1);
        for wrong in ["HTTP/1.1 200 OK\r\n", "what\r\n\r\n", "HTTP/1.1 200 OK\r\na b\r\n\r\n"] {
            assert!(answers(wrong.as_bytes(), false).is_err(), "{wrong}");
        }
        Ok(())
    }

    #[test]
    fn headers_end_with_an_empty_line() {
        let (headers, body) = headers(b"ttl: 1\nb ad: x\nTopic:t\n\nbody\n\n");
        assert_eq!((headers.len(), body), (2, b"body\n\n".as_slice()));
        assert_eq!(headers["topic"], "t");
    }
}
