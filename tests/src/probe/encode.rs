//! From a probe's text to the bytes that a host is given.

use anyhow::{Context as _, bail};
use serde::Deserialize;
use wasmparser::Validator;

use crate::world::{World, probes_folder};

/// What begins a line that is read many times.
const MANY: &str = ";;* ";

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Encode {
    Module,
    Beside,
    Component,
}

/// What is done to a component that was good.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Damage {
    /// Its second half is gone.
    Half,
    /// One bit in the middle of it is another.
    Bit,
    /// Its first part says that it is longer than the file.
    Length,
    /// Something follows that is no part of it.
    Tail,
}

impl Damage {
    pub(super) fn apply(self, component: &mut Vec<u8>) {
        // Magic, version, and the kind of the first part.
        const FIRST_LENGTH: usize = 9;
        let middle = component.len() / 2;
        match self {
            Self::Half => component.truncate(middle),
            Self::Bit => component.iter_mut().skip(middle).take(1).for_each(|byte| *byte ^= 0x40),
            Self::Length => {
                component.splice(FIRST_LENGTH..=FIRST_LENGTH, [0xff, 0xff, 0xff, 0xff, 0x07]);
            }
            Self::Tail => component.extend(b"and more"),
        }
    }
}

pub(super) struct Encoder {
    world: World,
    good: Vec<u8>,
}

impl Encoder {
    pub(super) fn new(world: World) -> anyhow::Result<Self> {
        let good = world.encode_file(&probes_folder().join("good.wat"))?;
        Ok(Self { world, good })
    }

    pub(super) fn encode(&self, text: &str, encode: Encode) -> anyhow::Result<Vec<u8>> {
        let bytes = wat::parse_str(repeat(text)?)?;
        match encode {
            Encode::Module => self.world.encode(bytes),
            Encode::Beside => beside(self.good.clone(), &bytes),
            Encode::Component => Ok(bytes),
        }
    }
}

/// The text with every line that says so as often as it says.
fn repeat(text: &str) -> anyhow::Result<String> {
    let mut whole = String::with_capacity(text.len());
    for line in text.lines() {
        let Some(many) = line.trim_start().strip_prefix(MANY) else {
            whole += line;
            whole.push('\n');
            continue;
        };
        let (times, line) = many.split_once(' ').context("a number, and what to repeat")?;
        for n in 0..times.parse::<u32>()? {
            whole += &line.replace("{n}", &n.to_string());
            whole.push('\n');
        }
    }
    Ok(whole)
}

/// Puts a component with no imports into another and instantiates it there.
///
/// A component is a list of sections, so that this takes no more than two at the end of the outer
/// one: the nested component, and an instance of it.
///
/// # Errors
///
/// The outer one is no component, or has very many.
pub fn beside(mut outer: Vec<u8>, nested: &[u8]) -> anyhow::Result<Vec<u8>> {
    const COMPONENT_SECTION: u8 = 4;
    const COMPONENT_INSTANCE_SECTION: u8 = 5;
    const INSTANTIATE: u8 = 0;

    let types = Validator::new().validate_all(&outer)?;
    let Ok(index @ 0..0x80) = u8::try_from(types.as_ref().component_count()) else {
        bail!("the honest task has too many components to add one");
    };
    outer.push(COMPONENT_SECTION);
    write_size(&mut outer, nested.len());
    outer.extend_from_slice(nested);
    // One instance, of that component, with no arguments.
    let instance = [1, INSTANTIATE, index, 0];
    outer.push(COMPONENT_INSTANCE_SECTION);
    write_size(&mut outer, instance.len());
    outer.extend_from_slice(&instance);
    Ok(outer)
}

/// Seven bits a byte, the lowest first; all bytes but the last have the eighth.
fn write_size(bytes: &mut Vec<u8>, mut size: usize) {
    loop {
        let [lowest, ..] = size.to_le_bytes();
        size >>= 7;
        if size == 0 {
            return bytes.push(lowest);
        }
        bytes.push(lowest | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_often_as_it_says() -> anyhow::Result<()> {
        assert_eq!(repeat("(a)\n  ;;* 3 (b {n})\n(c)")?, "(a)\n(b 0)\n(b 1)\n(b 2)\n(c)\n");
        assert!(repeat(";;* many (b)").is_err());
        Ok(())
    }
}
