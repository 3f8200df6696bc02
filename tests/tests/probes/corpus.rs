//! That no attack is left out.

use std::fs;
use std::path::Path;

use anyhow::ensure;
use bugle_tests::probe::{ATTACKS, Probe};

/// Where tests are, from this package's folder.
const TESTS: [&str; 2] = ["tests", "../host"];

pub(crate) fn every_attack_has_a_probe(probes: &[Probe]) -> anyhow::Result<()> {
    let mut sources = Vec::new();
    for folder in TESTS {
        gather(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut sources)?;
    }
    let mut broken = Vec::new();
    for (number, attack) in (1..).zip(ATTACKS) {
        if !attack.what.starts_with(&format!("{number}: ")) {
            broken.push(format!("attack {number} is told of as `{}`", attack.what));
        }
        let has_probe = probes.iter().any(|probe| probe.attack == Some(number));
        if !has_probe {
            broken.push(format!("no probe is one of `{}`", attack.what));
        }
        let missing = attack.tests.iter().filter(|test| !is_there(test, &sources));
        broken.extend(missing.map(|test| format!("there is no test `{test}`")));
    }
    let honest = probes.iter().filter(|probe| probe.attack.is_none());
    let honest: Vec<&str> = honest.map(|probe| probe.name.as_str()).collect();
    if honest != ["good"] {
        broken.push(format!("probes without an attack: {honest:?}"));
    }
    ensure!(broken.is_empty(), "{}", broken.join("\n"));
    Ok(())
}

/// The paths and texts of all Rust below a folder.
fn gather(folder: &Path, sources: &mut Vec<(String, String)>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            gather(&path, sources)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push((path.display().to_string(), fs::read_to_string(&path)?));
        }
    }
    Ok(())
}

/// Whether there is a test of this name, `file::function`.
fn is_there(name: &str, sources: &[(String, String)]) -> bool {
    let Some((file, function)) = name.split_once("::") else { return false };
    let function = format!("fn {function}(");
    sources.iter().any(|(path, text)| {
        path.trim_end_matches(".rs").split('/').any(|part| part == file) && text.contains(&function)
    })
}
