use std::hint;
use std::time::Duration;

use anyhow::{Result, bail};

use super::Target;
use super::dice::Dice;
use super::mutate;

/// A target with faults, for the tests of fuzzing itself: one that looks for faults has to find them.
pub(super) struct Planted;

impl Target for Planted {
    fn time_max(&self) -> Duration {
        Duration::from_secs(2)
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        vec![b"some text, and then some".to_vec(), b"other words: 17".to_vec()]
    }

    fn next(&self, corpus: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
        mutate::mutate(corpus, &[], dice, 4_096)
    }

    #[expect(clippy::panic, reason = "it is to be found")]
    fn check(&mut self, input: &[u8]) -> Result<String> {
        if input.contains(&b'%') {
            panic!("planted");
        }
        if input.starts_with(b"hang") {
            loop {
                hint::spin_loop();
            }
        }
        if input.contains(&0x80) {
            bail!("planted: {} bytes", input.len());
        }
        Ok(format!("{} bytes", input.len() / 16))
    }
}
