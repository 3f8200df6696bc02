//! The trace that a push is a part of, as its sender says (W3C Trace Context, "traceparent Header").

use std::fmt;

use bugle_task::{AppId, Timestamp, Trigger, TriggerId};
use sha2::{Digest as _, Sha256};

/// A span of somebody else's, of which what becomes of a push is a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace.
    pub trace: [u8; 16],
    /// The span that sent the push.
    pub parent: [u8; 8],
    /// Whether the sender records it: what is not recorded there need not be here.
    pub is_sampled: bool,
}

impl TraceContext {
    /// The header that carries it.
    pub const HEADER: &str = "traceparent";

    /// Bytes of the header in version 00: two, 32, 16 and two digits, and the dashes between them.
    pub const BYTES: usize = 55;

    /// Reads a header. One that is not as the standard has it counts as none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        // A later version may have more behind it.
        let is_whole = bytes.len() == Self::BYTES
            || bytes.len() > Self::BYTES && bytes[Self::BYTES] == b'-' && !text.starts_with("00");
        if !is_whole || text.starts_with("ff") || [2, 35, 52].iter().any(|at| bytes[*at] != b'-') {
            return None;
        }
        let [_] = hex(&bytes[..2])?;
        let (trace, parent) = (hex(&bytes[3..35])?, hex(&bytes[36..52])?);
        let [flags] = hex(&bytes[53..55])?;
        let is_one = trace != [0; 16] && parent != [0; 8];
        is_one.then_some(Self { trace, parent, is_sampled: flags & 1 == 1 })
    }

    /// What the sender of a push said of it.
    pub(crate) fn of(trigger: &Trigger) -> Option<Self> {
        let Trigger::RawNotification(push) = trigger else { return None };
        let header = push.headers.iter().find(|header| header.name == Self::HEADER)?;
        Self::parse(&header.value)
    }
}

/// The name of a trace, shown as its 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceId(pub [u8; 16]);

impl TraceId {
    /// The trace of what becomes of a trigger: its sender's, or one of its own, which is the same whenever it
    /// is asked for.
    #[must_use]
    pub fn of(
        sender: Option<TraceContext>,
        app: &AppId,
        trigger: TriggerId,
        accepted_at: Timestamp,
    ) -> Self {
        Self(sender.map_or_else(
            || {
                let own = Sha256::digest(format!("{app} {trigger} {accepted_at}"));
                let mut first = [0; 16];
                first.copy_from_slice(&own[..16]);
                first
            },
            |sender| sender.trace,
        ))
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// Bytes in hexadecimal, in lower case only.
fn hex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    (text.len() == 2 * N).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_as_the_standard_has_it() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let context = TraceContext::parse(good).expect("it is the standard's own");
        assert_eq!((context.trace[0], context.parent[7]), (0x4b, 0xb7));
        assert!(context.is_sampled);
        let not = TraceContext::parse(&good.replace("-01", "-00"));
        assert!(not.is_some_and(|context| !context.is_sampled));
        assert!(TraceContext::parse(&format!("01{}-more", &good[2..])).is_some());
        for bad in [
            "",
            &good[1..],
            &good.to_uppercase(),
            &good.replace("00-4b", "ff-4b"),
            &format!("{good}-more"),
            &good.replace('-', "_"),
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473\u{e9}-00f067aa0ba902b7-01",
        ] {
            assert_eq!(TraceContext::parse(bad), None, "{bad}");
        }
    }
}
