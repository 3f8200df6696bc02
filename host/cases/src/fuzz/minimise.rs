//! Fewer bytes that still lead to the same fault.

use crate::Error;

/// The most runs for one finding: each halving of a push of 5,000 bytes takes some hundred.
const RUNS_MAX: u32 = 1_000;
/// The most fuel for one finding, ten seconds of plain computing: a fault that uses a whole run's
/// fuel each time is minimised a little, not long.
const FUEL_MAX: u64 = 10_000_000_000;

/// Takes parts away, then makes what is left plain. `tried` says whether content still leads there,
/// and what fuel the try took; what it says yes to last is the least. Decided by fuel, not by time,
/// so that the same finding always comes to the same content.
pub(crate) fn minimise(
    content: &[u8],
    mut tried: impl FnMut(&[u8]) -> Result<(bool, u64), Error>,
) -> Result<(), Error> {
    let (mut runs, mut fuel) = (0, 0);
    let mut still = |content: &[u8]| -> Result<Option<bool>, Error> {
        if runs >= RUNS_MAX || fuel >= FUEL_MAX {
            return Ok(None);
        }
        runs += 1;
        let (is_same, used) = tried(content)?;
        fuel += used;
        Ok(Some(is_same))
    };
    let mut least = content.to_vec();
    let mut part = least.len() / 2;
    while part > 0 {
        let mut at = 0;
        while at < least.len() && least.len() > 1 {
            let mut fewer = least.clone();
            fewer.drain(at..(at + part).min(least.len()));
            if fewer.is_empty() {
                break;
            }
            match still(&fewer)? {
                None => return Ok(()),
                Some(true) => least = fewer,
                Some(false) => at += part,
            }
        }
        part /= 2;
    }
    for at in 0..least.len() {
        let old = std::mem::replace(&mut least[at], b'0');
        if old != b'0' {
            match still(&least)? {
                None => return Ok(()),
                Some(true) => {}
                Some(false) => least[at] = old,
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn least(content: &[u8], is_fault: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let mut least = content.to_vec();
        let tried = |content: &[u8]| {
            let is_same = is_fault(content);
            if is_same {
                content.clone_into(&mut least);
            }
            Ok((is_same, 1))
        };
        minimise(content, tried).expect("nothing fails");
        least
    }

    #[test]
    fn what_does_not_matter_goes() {
        let has =
            |content: &[u8], needle: &[u8]| content.windows(needle.len()).any(|w| w == needle);
        assert_eq!(least(b"some text with a !! in it", |c| has(c, b"!!")), b"!!");
        assert_eq!(least(b"abcdefgh", |c| c.len() >= 3), b"000");
        assert_eq!(least(b"x", |_| true), b"0");
    }

    #[test]
    fn a_dear_fault_is_not_minimised_for_long() {
        let mut runs = 0;
        let tried = |_: &[u8]| {
            runs += 1;
            Ok((true, FUEL_MAX / 4))
        };
        minimise(&[b'x'; 5_000], tried).expect("nothing fails");
        assert_eq!(runs, 4);
    }
}
