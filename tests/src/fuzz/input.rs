//! Inputs in files: text as it is, and what is none in hexadecimal, since the repository has no
//! binary files.

use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use wasmparser::Parser;

use crate::World;

/// Bytes in a line of hexadecimal.
const LINE_BYTES: usize = 40;

/// Reads an input: `.hex` is hexadecimal, whose lines may begin with `#`, `.wat` is WebAssembly as
/// text, a module in it made a component of the tests' world, and all else is as it is.
///
/// # Errors
///
/// The file cannot be read, or is not what its ending says.
pub fn read(file: &Path) -> Result<Vec<u8>> {
    let bytes = fs::read(file).with_context(|| file.display().to_string())?;
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("hex") => {
            let text = String::from_utf8(bytes)?;
            let lines = text.lines().filter(|line| !line.starts_with('#'));
            from_hex(&lines.collect::<String>()).context("there is something that is no digit")
        }
        Some("wat") => {
            let binary = wat::parse_bytes(&bytes)?.into_owned();
            if Parser::is_core_wasm(&binary) { World::load()?.encode(binary) } else { Ok(binary) }
        }
        _ => Ok(bytes),
    }
}

/// The text that [`read`] reads again, and the ending of its file.
fn text(input: &[u8]) -> (String, &'static str) {
    match std::str::from_utf8(input) {
        Ok(text) if !text.contains('\0') => (text.to_owned(), "txt"),
        _ => {
            let mut hex = String::new();
            for line in input.chunks(LINE_BYTES) {
                for byte in line {
                    let _ = write!(hex, "{byte:02x}");
                }
                hex.push('\n');
            }
            (hex, "hex")
        }
    }
}

/// Writes an input of a target to a file that is named after both.
pub(super) fn write(folder: &Path, target: &str, input: &[u8]) -> Result<PathBuf> {
    let (text, ending) = text(input);
    let mut hasher = DefaultHasher::new();
    input.hash(&mut hasher);
    fs::create_dir_all(folder)?;
    let file = folder.join(format!("{target}-{:016x}.{ending}", hasher.finish()));
    fs::write(&file, text).with_context(|| file.display().to_string())?;
    Ok(file)
}

/// The files of the examples, of the SDKs' templates and of their tests, in the order of their paths.
pub(super) fn files_of_examples(is_wanted: impl Fn(&Path) -> bool) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders = vec![root.join("examples"), root.join("guest-sdk")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            // What builds leave there is not the repository's, and nobody knows how much it is.
            let name = entry.file_name();
            let is_built = [".bugle", "node_modules", "target"].iter().any(|built| name == *built);
            if path.is_dir() && !is_built {
                folders.push(path);
            } else if is_wanted(&path) {
                files.push(path);
            }
        }
    }
    files.sort();
    files.iter().filter_map(|file| fs::read(file).ok()).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| u8::try_from(c.to_digit(16)?).ok())
        .collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_read_as_they_were_written() -> Result<()> {
        let folder = tempfile::tempdir()?;
        for input in [b"a text\n".to_vec(), vec![0, 255, 7], (0..=255).collect(), Vec::new()] {
            assert_eq!(read(&write(folder.path(), "x", &input)?)?, input);
        }
        Ok(())
    }
}
