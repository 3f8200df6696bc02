use std::path::{Path, PathBuf};

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, WorldId};

/// The world that core modules of the tests are made components of.
pub struct World {
    resolve: Resolve,
    id: WorldId,
}

/// Where the hostile guests are.
#[must_use]
pub fn probes_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("probes")
}

impl World {
    /// Reads the contract, and the world of `probes/world.wit` that has more imports than it.
    ///
    /// # Errors
    ///
    /// They cannot be read, or do not fit together.
    pub fn load() -> anyhow::Result<Self> {
        let folder = probes_folder();
        let mut resolve = Resolve::default();
        resolve.push_dir(folder.join("../../wit"))?;
        let package = resolve.push_file(folder.join("world.wit"))?;
        let id = resolve.select_world(&[package], Some("probe"))?;
        Ok(Self { resolve, id })
    }

    /// Makes a component of a core module. Of the world's imports it gets those that the module
    /// has.
    ///
    /// # Errors
    ///
    /// The module does not fit the world.
    pub fn encode(&self, mut module: Vec<u8>) -> anyhow::Result<Vec<u8>> {
        embed_component_metadata(&mut module, &self.resolve, self.id, StringEncoding::UTF8)?;
        ComponentEncoder::default().validate(true).module(&module)?.encode()
    }

    /// Makes a component of a core module in a file of WebAssembly text.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or does not fit the world.
    pub fn encode_file(&self, path: &Path) -> anyhow::Result<Vec<u8>> {
        self.encode(wat::parse_file(path)?)
    }
}
