//! What authors of tasks use.

use std::path::PathBuf;

use bugle_build::Language;
use clap::Parser;

#[derive(Debug, Parser)]
#[command(after_help = "Example: bugle new hello --lang js")]
pub(crate) struct NewArgs {
    /// The project's name, in words joined by `-`, and its folder's
    pub name: String,
    /// What it is written in: rust, js, ts, python, c, cpp, go, zig or assemblyscript
    #[arg(long, value_name = "LANGUAGE")]
    pub lang: Language,
}

/// Where a project and its tools are.
#[derive(Debug, Clone, Parser)]
pub(crate) struct ProjectArgs {
    /// The folder with `bugle.toml`
    #[arg(value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
    /// Where compilers are that are not in PATH [default: .bugle/tools in the project]
    #[arg(long, env = "BUGLE_TOOLS", hide_env_values = true, value_name = "DIR")]
    pub tools: Option<PathBuf>,
}

#[derive(Debug, Parser)]
#[command(after_help = "Example: bugle build hello --setup")]
pub(crate) struct BuildArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Fetch what is missing first: pinned versions, without root, into the tools' folder
    #[arg(long)]
    pub setup: bool,
}

#[derive(Debug, Parser)]
#[command(after_help = "Example: bugle watch hello")]
pub(crate) struct WatchArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
}

#[derive(Debug, Parser)]
#[command(after_help = "Example: bugle inspect hello/hello.wasm")]
pub(crate) struct InspectArgs {
    /// A component or a core module
    pub file: PathBuf,
}
