//! The compilers of every language that tasks are written in: found on this machine, or set up in
//! a folder, at pinned versions, without root.
//!
//! ```no_run
//! use bugle_toolchain::{Language, Toolchains, Tools};
//!
//! let toolchains = Toolchains::new(".bugle/tools");
//! if let Tools::Zig(zig) = toolchains.find(Language::C)? {
//!     zig.zig().args(["cc", "--version"]).status().expect("it was found");
//! }
//! # Ok::<(), bugle_toolchain::Error>(())
//! ```
//!
//! Nothing is fetched but by [`Toolchains::set_up`], through the registries' ordinary clients: npm
//! with a lock file, pip with hashes, apt. What was set up once needs no network again.

mod debian;
mod error;
mod language;
mod machine;
mod pinned;
mod rust;
mod slot;
mod tools;

use std::ffi::OsString;
use std::path::PathBuf;

pub use debian::libraries;
pub use error::Error;
pub use language::{Language, UnknownLanguage};
pub use rust::{Rust, RustSource};
pub use tools::{AssemblyScript, Go, JavaScript, Python, Tools, Zig};

use machine::Machine;

/// Where tools come from: this machine, and a folder in which pinned ones are kept.
#[derive(Debug, Clone)]
pub struct Toolchains {
    folder: PathBuf,
    machine: Machine,
}

impl Toolchains {
    /// Pinned tools are kept in this folder, which need not exist yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        // Tools are started in other folders than this one.
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        Self { folder, machine: Machine::default() }
    }

    /// Looks for programs in these folders, separated as in `PATH`, and not in `PATH`.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<OsString>) -> Self {
        self.machine = Machine::with_path(path.into());
        self
    }

    /// The tools of a language, if they are there. Fetches nothing.
    ///
    /// What was set up in the folder comes first, since it is what was chosen for this place; then
    /// what the machine has, if it is of the pinned series. Rust is the other way round: a target
    /// that is installed is what the rest of a Rust project is built with.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] names what is not there and the command that brings it.
    pub fn find(&self, language: Language) -> Result<Tools, Error> {
        Ok(match language {
            Language::Rust => Tools::Rust(rust::find(self)?),
            Language::JavaScript | Language::TypeScript => {
                Tools::JavaScript(JavaScript::find(self, language)?)
            }
            Language::Python => Tools::Python(Python::find(self)?),
            Language::C | Language::Cpp | Language::Zig => Tools::Zig(Zig::find(self, language)?),
            Language::Go => Tools::Go(Go::find(self)?),
            Language::AssemblyScript => Tools::AssemblyScript(AssemblyScript::find(self)?),
        })
    }

    /// The tools of a language, fetched if they are not there. Tells `say` of every step that takes
    /// time. Of two calls at once, also of two programs, one fetches and the other waits. A call
    /// that fails leaves things as they were.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if something is needed that cannot be fetched without root;
    /// [`Error::Failed`] has the words of the client that failed.
    pub fn set_up(&self, language: Language, say: &mut dyn FnMut(&str)) -> Result<Tools, Error> {
        let Some(pinned) = pinned::of(language) else {
            return self.rust(RustSource::Auto, say).map(Tools::Rust);
        };
        match self.find(language) {
            Err(Error::Missing { .. }) => {}
            found => return found,
        }
        pinned.set_up(self, language, say)?;
        self.find(language)
    }

    /// A compiler of Rust from one source, set up if it is not there.
    ///
    /// # Errors
    ///
    /// As for [`Toolchains::set_up`].
    pub fn rust(&self, source: RustSource, say: &mut dyn FnMut(&str)) -> Result<Rust, Error> {
        rust::set_up(self, source, say)
    }
}
