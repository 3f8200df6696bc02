//! Bindings of the contract, made where they are needed and never kept in a repository.

use std::path::Path;

use wit_bindgen_core::{Files, WorldGenerator};

use crate::contract::Contract;
use crate::layout;
use crate::{BuildError, Language};

/// Writes the bindings of C into a folder: a header, a source, and an object that says which world
/// they are of.
pub(crate) fn write_c(folder: &Path) -> Result<(), BuildError> {
    let files = generate(Language::C, wit_bindgen_c::Opts::default().build())?;
    for (name, content) in files.iter() {
        layout::write(&folder.join(name), content)?;
    }
    Ok(())
}

/// Writes the bindings of Go as packages of the SDK's module, with some imports under other names.
pub(crate) fn write_go(folder: &Path, renamed: &[(&str, &str)]) -> Result<(), BuildError> {
    let options = wit_bindgen_go::Opts {
        // Nobody reads them, and another Go on the machine must not change them.
        format: wit_bindgen_go::Format::False,
        pkg_name: Some("bugle/internal/bindings".to_owned()),
        ..wit_bindgen_go::Opts::default()
    };
    let files = generate(Language::Go, options.build())?;
    for (name, content) in files.iter() {
        let text = String::from_utf8_lossy(content).into_owned();
        let text = renamed.iter().fold(text, |text, (from, to)| text.replace(from, to));
        layout::write(&folder.join(name), text.as_bytes())?;
    }
    Ok(())
}

fn generate(
    language: Language,
    mut generator: Box<dyn WorldGenerator>,
) -> Result<Files, BuildError> {
    let mut contract = Contract::load();
    let mut files = Files::default();
    let made = generator.generate(&mut contract.resolve, contract.world, &mut files);
    made.map_err(|error| {
        let what = format!("{error:#}").replace('\n', " ");
        BuildError::Bindings { language, what }
    })?;
    Ok(files)
}
