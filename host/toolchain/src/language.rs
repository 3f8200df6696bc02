use std::fmt;
use std::str::FromStr;

/// A language in which tasks can be written, with a recipe of its own. Any other takes the
/// manifest's `[build] command`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Language {
    /// Compiled by Cargo.
    Rust,
    /// Run by QuickJS.
    JavaScript,
    /// JavaScript, once its types are taken away.
    TypeScript,
    /// Run by CPython.
    Python,
    /// Compiled by Clang, as Zig has it.
    C,
    /// Compiled as C is.
    Cpp,
    /// Compiled by Go itself.
    Go,
    /// Compiled by Zig.
    Zig,
    /// Compiled by `asc`.
    AssemblyScript,
}

impl Language {
    /// All of them, in the order in which the documents list them.
    pub const ALL: &'static [Self] = &[
        Self::Rust,
        Self::JavaScript,
        Self::TypeScript,
        Self::Python,
        Self::C,
        Self::Cpp,
        Self::Go,
        Self::Zig,
        Self::AssemblyScript,
    ];

    /// The word for it in manifests and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::JavaScript => "js",
            Self::TypeScript => "ts",
            Self::Python => "python",
            Self::C => "c",
            Self::Cpp => "cpp",
            Self::Go => "go",
            Self::Zig => "zig",
            Self::AssemblyScript => "assemblyscript",
        }
    }

    /// Its name, for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::JavaScript => "JavaScript",
            Self::TypeScript => "TypeScript",
            Self::Python => "Python",
            Self::C => "C",
            Self::Cpp => "C++",
            Self::Go => "Go",
            Self::Zig => "Zig",
            Self::AssemblyScript => "AssemblyScript",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// There is no recipe for a language of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no language `{0}`; there are rust, js, ts, python, c, cpp, go, zig and \
     assemblyscript, and any other with `[build] command`"
)]
pub struct UnknownLanguage(String);

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|language| language.as_str() == word);
        found.copied().ok_or_else(|| UnknownLanguage(word.to_owned()))
    }
}
