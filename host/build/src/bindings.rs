//! Bindings of the contract, made where they are needed and never kept in a repository.

use std::path::Path;

use wit_bindgen_core::{Files, WorldGenerator};

use crate::contract::Contract;
use crate::layout;
use crate::{BuildError, Language};

/// Writes a language's bindings of the contract into a folder.
pub(crate) fn write(language: Language, folder: &Path) -> Result<(), BuildError> {
    let failed = |error: anyhow::Error| BuildError::Bindings {
        language,
        what: format!("{error:#}").replace('\n', " "),
    };
    let mut contract = Contract::load();
    let mut files = Files::default();
    let mut generator: Box<dyn WorldGenerator> = match language {
        Language::Go => wit_bindgen_go::Opts::default().build(),
        _ => wit_bindgen_c::Opts::default().build(),
    };
    generator.generate(&mut contract.resolve, contract.world, &mut files).map_err(failed)?;
    for (name, content) in files.iter() {
        layout::write(&folder.join(name), content)?;
    }
    Ok(())
}
