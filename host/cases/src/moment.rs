//! Moments and lengths of time, as case files write them.

use bugle::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The units of a length of time, the largest first, in milliseconds.
const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// The first moment of the year 10000, which TOML cannot write.
const END_OF_TOML_MS: u64 = 253_402_300_800_000;

/// A moment from text like `2026-01-31T12:00:00Z`; none before 1970 and without an offset.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    u64::try_from(moment.unix_timestamp_nanos() / 1_000_000).ok()
}

/// A moment as TOML writes it, to the millisecond; none where TOML has no form for it.
pub(crate) fn format(moment: Timestamp) -> Option<String> {
    if moment >= END_OF_TOML_MS {
        return None;
    }
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(moment) * 1_000_000).ok()?;
    moment.format(&Rfc3339).ok()
}

/// A length of time in milliseconds from text like `90s`; none if it is not one.
pub(crate) fn parse_duration(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = text.split_at_checked(digits)?;
    let (_, ms) = UNITS.iter().find(|(name, _)| *name == unit.trim_start())?;
    count.parse::<u64>().ok()?.checked_mul(*ms)
}

/// A length of time in the largest unit that says it exactly.
pub(crate) fn format_duration(duration_ms: u64) -> String {
    let is_exact = |(_, ms): &&(&str, u64)| duration_ms > 0 && duration_ms.is_multiple_of(*ms);
    match UNITS.iter().find(is_exact) {
        Some((unit, ms)) => format!("{}{unit}", duration_ms / ms),
        None => format!("{duration_ms}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for moment in [0, 1_769_860_800_123, END_OF_TOML_MS - 1] {
            assert_eq!(format(moment).and_then(|text| parse(&text)), Some(moment));
        }
        assert_eq!((format(END_OF_TOML_MS), parse("1969-12-31T00:00:00Z")), (None, None));
        for duration in [0, 1, 999, 1_000, 90_000, 3_600_000, 86_400_000 * 3] {
            assert_eq!(parse_duration(&format_duration(duration)), Some(duration));
        }
        for text in ["", "5", "s", "-1s", "1.5s", "1w", "99999999999999999d"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
