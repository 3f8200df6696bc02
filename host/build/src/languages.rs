//! The recipes: from a project's folder to a core module or a component. One file a language.

mod assemblyscript;
mod c;
mod go;
mod javascript;
mod python;
mod rust;
mod zig;

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::at;
use crate::layout::Layout;
use crate::project::Made;
use crate::steps::Steps;
use crate::toolchain::{Language, Tools};
use crate::{BuildError, StringEncoding};

/// What is to be compiled.
pub(crate) struct Work<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) layout: &'a Layout,
    pub(crate) language: Language,
    pub(crate) source: Option<&'a Path>,
}

impl Work<'_> {
    /// The file that has the task, from the project's folder on.
    pub(crate) fn relative_source(&self) -> &Path {
        self.source.unwrap_or(Path::new(default_source(self.language)))
    }

    /// The file that has the task, which must be there and be text: not every compiler looks.
    pub(crate) fn source(&self) -> Result<PathBuf, BuildError> {
        let path = self.folder.join(self.relative_source());
        if !path.is_file() {
            return Err(BuildError::NoSource { path });
        }
        let content = fs::read(&path).map_err(at(&path))?;
        if let Err(error) = std::str::from_utf8(&content) {
            let before = content.iter().take(error.valid_up_to());
            let line = 1 + before.filter(|byte| **byte == b'\n').count();
            return Err(BuildError::NotText { path, line });
        }
        Ok(path)
    }

    /// A path as it is from the project's folder, in which compilers run: what they write of it is
    /// the same on every machine.
    pub(crate) fn inside(&self, path: &Path) -> PathBuf {
        path.strip_prefix(self.folder).unwrap_or(path).to_owned()
    }
}

/// Where the task is, unless `[build]` says otherwise.
fn default_source(language: Language) -> &'static str {
    match language {
        Language::Rust => "Cargo.toml",
        Language::JavaScript => "src/task.js",
        Language::TypeScript => "src/task.ts",
        Language::Python => "task.py",
        Language::C => "src/task.c",
        Language::Cpp => "src/task.cpp",
        Language::Go => "task.go",
        Language::Zig => "src/task.zig",
        Language::AssemblyScript => "src/task.ts",
        _ => "",
    }
}

/// Calls the compilers of a language.
pub(crate) fn compile(
    work: &Work<'_>,
    tools: &Tools,
    steps: &mut dyn Steps,
) -> Result<Made, BuildError> {
    let path = match tools {
        Tools::Rust(tools) => rust::compile(work, tools, steps)?,
        Tools::JavaScript(tools) => javascript::compile(work, tools, steps)?,
        Tools::Python(tools) => python::compile(work, tools, steps)?,
        Tools::AssemblyScript(tools) => assemblyscript::compile(work, tools, steps)?,
        Tools::Go(tools) => go::compile(work, tools, steps)?,
        Tools::Zig(tools) if work.language == Language::Zig => zig::compile(work, tools, steps)?,
        Tools::Zig(tools) => c::compile(work, tools, steps)?,
        // A language that this version does not know cannot be in a manifest.
        _ => return Err(BuildError::NoRecipe { language: work.language }),
    };
    let encoding = match work.language {
        // Its strings are UTF-16, as JavaScript's.
        Language::AssemblyScript => StringEncoding::UTF16,
        _ => StringEncoding::UTF8,
    };
    // Go spends eight times in its start what a small task takes.
    let starts_slowly = work.language == Language::Go;
    Ok(Made { path, encoding, starts_slowly })
}
