use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context as _, ensure};

use crate::fixtures;
use crate::world::World;

/// An app to install: a manifest and the files beside it, which a test may change first.
#[derive(Debug, Clone)]
pub struct AppSource {
    /// What its `bugle.toml` says.
    pub manifest: String,
    /// Names and contents of the files beside it.
    pub files: Vec<(String, Vec<u8>)>,
}

impl AppSource {
    /// An app of the examples, as `cargo xtask guests` built it.
    ///
    /// # Errors
    ///
    /// It was not built.
    pub fn example(name: &str) -> anyhow::Result<Self> {
        let folder = built_apps().join(name);
        ensure!(
            folder.is_dir(),
            "the example `{name}` was not built; run `cargo xtask guests` first"
        );
        let mut app = Self { manifest: String::new(), files: Vec::new() };
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let name = path.file_name().context("an entry has a name")?.to_string_lossy();
            if name == bugle::MANIFEST_FILE {
                app.manifest = fs::read_to_string(&path)?;
            } else {
                app.files.push((name.into_owned(), fs::read(&path)?));
            }
        }
        Ok(app)
    }

    /// The app with a part of its manifest replaced.
    ///
    /// # Panics
    ///
    /// The manifest has no such part, so that the test would test nothing.
    #[must_use]
    pub fn replace(mut self, from: &str, to: &str) -> Self {
        assert!(self.manifest.contains(from), "the manifest has no `{from}`");
        self.manifest = self.manifest.replace(from, to);
        self
    }

    /// The app with other bytes for all of its components.
    #[must_use]
    pub fn with_component(mut self, component: &[u8]) -> Self {
        for (_, bytes) in &mut self.files {
            component.clone_into(bytes);
        }
        self
    }

    /// Writes the app's folder at a path that is not there yet.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join(bugle::MANIFEST_FILE), &self.manifest)?;
        for (name, bytes) in &self.files {
            fs::write(folder.join(name), bytes)?;
        }
        Ok(())
    }
}

/// The app that does what its triggers say, see `guests/puppet.wat`, with two channels: `inbox` and
/// `alerts`.
///
/// # Panics
///
/// Its guest is not as it must be.
#[must_use]
pub fn puppet(id: &str) -> AppSource {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    let component = COMPONENT.get_or_init(|| {
        let encode = || World::load()?.encode_file(Path::new(fixtures::PUPPET));
        encode().expect("the puppet is a task")
    });
    let manifest = format!(
        r#"[app]
id = "{id}"
name = "Puppet"
version = "1.0.0"

[[task]]
name = "act"
component = "puppet.wasm"
triggers = ["raw-notification", "toast-activated", "toast-dismissed", "application", "custom"]

[[channel]]
name = "inbox"
task = "act"

[[channel]]
name = "alerts"
task = "act"
"#
    );
    AppSource { manifest, files: vec![("puppet.wasm".to_owned(), component.clone())] }
}

/// Where `cargo xtask guests` puts apps.
fn built_apps() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    target.join("guests/apps")
}
