//! The hostile guests of `probes/*.wat`: one file an attack, with what must come of it in its
//! header.
//!
//! The header is TOML behind `;;! `, and its keys are the fields of [`Probe`]. How a file becomes a
//! component is its `encode`:
//!
//! - `module`: a core module, made a component of the world in `probes/world.wit`;
//! - `beside`: a component that is instantiated inside of a copy of the honest task `good.wat`, for
//!   attacks that take no call of the task's own;
//! - `component`: as it is, whatever it is.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use bugle_task::LimitName;
use serde::Deserialize;
use wasmparser::Validator;

use crate::world::{World, probes_folder};

/// One attack, and what must come of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// The file's name, without `.wat`.
    #[serde(skip)]
    pub name: String,
    /// What the guest does, in one line.
    pub about: String,
    /// The code of the outcome, or `refused` where it must not be installed.
    pub expect: String,
    /// With `refused`: a text that the refusal contains.
    pub refused: Option<String>,
    /// With `limit-exceeded`: which limit.
    pub limit: Option<LimitName>,
    /// A text that the outcome, as it is shown, contains.
    pub message: Option<String>,
    /// The whole of one line that the log has.
    pub log: Option<String>,
    /// How many toasts the run's effects have.
    pub toasts: Option<usize>,
    /// What the report must say of some limits, as in `handles=256,memories=2`.
    pub used: Option<String>,
    /// Limits other than the default ones, as in `fuel=1000000,time-ms=200`.
    pub limits: Option<String>,
    /// The most milliseconds of real time that the run may take, compilation aside.
    pub wall_ms_max: u64,
    /// The most MiB by which the run may raise the host's resident memory.
    pub rss_mib_max: u64,
    encode: Encode,
    /// What the host is given.
    #[serde(skip)]
    pub component: Vec<u8>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Encode {
    Module,
    Beside,
    Component,
}

/// Reads, and makes components of, all probes, in the order of their names.
///
/// # Errors
///
/// Names the first file that is no probe, and says why.
pub fn load_all() -> anyhow::Result<Vec<Probe>> {
    let folder = probes_folder();
    let world = World::load()?;
    let good = world.encode_file(&folder.join("good.wat"))?;
    let mut paths = fs::read_dir(&folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<anyhow::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "wat"));
    paths.sort();
    let load = |path: &Path| load(path, &world, &good).with_context(|| path.display().to_string());
    paths.iter().map(|path| load(path)).collect()
}

fn load(path: &Path, world: &World, good: &[u8]) -> anyhow::Result<Probe> {
    let text = fs::read_to_string(path)?;
    let mut probe = read_header(&text)?;
    probe.name = path.file_stem().context("a probe has a name")?.to_string_lossy().into_owned();
    let bytes = wat::parse_str(&text)?;
    probe.component = match probe.encode {
        Encode::Module => world.encode(bytes)?,
        Encode::Beside => beside(good.to_vec(), &bytes)?,
        Encode::Component => bytes,
    };
    Ok(probe)
}

/// Reads the header into a probe that has no name and no component yet.
fn read_header(text: &str) -> anyhow::Result<Probe> {
    let lines = text.lines().map_while(|line| line.strip_prefix(";;! "));
    let probe: Probe = toml::from_str(&lines.collect::<Vec<_>>().join("\n"))?;
    let has_reason = match probe.expect.as_str() {
        "refused" => probe.refused.is_some(),
        "limit-exceeded" => probe.limit.is_some(),
        _ => probe.refused.is_none() && probe.limit.is_none(),
    };
    ensure!(has_reason, "`refused` has a key `refused`, `limit-exceeded` a key `limit`");
    Ok(probe)
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
    fn all_probes_are_valid() {
        let probes = load_all().expect("all files are probes");
        for Probe { name, component, .. } in &probes {
            let invalid = Validator::new().validate_all(component).err();
            assert!(invalid.is_none(), "{name}: {invalid:?}");
        }
        assert!(probes.iter().any(|probe| probe.name == "good"));
    }
}
