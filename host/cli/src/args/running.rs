//! What runs tasks once, keeping nothing.

use std::path::PathBuf;

use bugle::task::{Name, Seed, Timestamp};
use clap::Parser;

use crate::text;

#[derive(Debug, Parser)]
#[command(after_help = "Example: bugle run hello --push mail.json --setting unread=3")]
pub(crate) struct RunArgs {
    /// An app's folder, or a component
    pub task: PathBuf,
    #[command(flatten)]
    pub wake: Wake,
    /// What the pushed content is
    #[arg(long, conflicts_with_all = ["application", "custom"], value_name = "TYPE")]
    pub content_type: Option<String>,
    /// A header of the push
    #[arg(long, conflicts_with_all = ["application", "custom"], value_name = "NAME=VALUE", value_parser = text::pair)]
    pub header: Vec<(String, String)>,
    /// Which task, if the app has several
    #[arg(long = "task", value_name = "NAME")]
    pub task_name: Option<Name>,
    /// A setting before the run: `true`, `12`, `1.5`, `@MILLISECONDS`, `base64:…`, or text
    #[arg(long, value_name = "PATH=VALUE", value_parser = text::pair)]
    pub setting: Vec<(String, String)>,
    /// Limits that differ, like `fuel=1000000,time-ms=200`
    #[arg(long, value_name = "LIMIT=NUMBER,…")]
    pub limits: Option<String>,
    /// When the run's clock starts, like `2026-01-31T12:00:00Z` [default: now]
    #[arg(long, value_name = "TIME", value_parser = text::timestamp)]
    pub at: Option<Timestamp>,
    /// Where the run's randomness starts: 64 hexadecimal digits
    #[arg(long, value_name = "HEX")]
    pub seed: Option<Seed>,
}

#[derive(Debug, Parser)]
#[command(after_help = "Example: bugle profile hello --push mail.json --output fuel.svg")]
pub(crate) struct ProfileArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// Write a flame graph too: `.svg` for a browser, `.json` for speedscope
    #[arg(long, short, value_name = "FILE", value_parser = graph_file)]
    pub output: Option<PathBuf>,
    /// At most this many functions, those that used most first
    #[arg(long, default_value_t = 20, value_name = "NUMBER")]
    pub limit: usize,
}

/// A file for a flame graph; its ending says of which kind.
fn graph_file(text: &str) -> Result<PathBuf, String> {
    if text.ends_with(".svg") || text.ends_with(".json") {
        return Ok(text.into());
    }
    Err("name a file that ends in `.svg` or in `.json`".to_owned())
}

/// What wakes the task. Exactly one.
#[derive(Debug, Parser)]
#[group(required = true, multiple = false)]
pub(crate) struct Wake {
    /// Wake it by a raw push
    #[arg(long, value_name = "FILE|-|TEXT", allow_hyphen_values = true)]
    pub push: Option<String>,
    /// Wake it by a request of its app
    #[arg(long, value_name = "FILE|-|TEXT", allow_hyphen_values = true)]
    pub application: Option<String>,
    /// Wake it by a custom event
    #[arg(long, value_name = "KIND=FILE|-|TEXT", value_parser = text::pair)]
    pub custom: Option<(String, String)>,
}

#[derive(Debug, Parser)]
#[command(after_help = "Example: bugle test hello --filter unread\n\
                        TESTING.md says what a case file has.")]
pub(crate) struct TestArgs {
    /// App folders, folders of cases, or case files
    #[arg(value_name = "DIR|FILE", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// The app to run them against [default: the folder above that has a `bugle.toml`]
    #[arg(long, value_name = "DIR|COMPONENT")]
    pub app: Option<PathBuf>,
    /// Only cases with this in their name
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Run each case so often, and fail it if a result differs
    #[arg(long, value_name = "NUMBER", default_value = "1", value_parser = text::times)]
    pub repeat: usize,
    /// Write what was seen into the case files
    #[arg(long, conflicts_with_all = ["fuzz", "fuzz_runs"])]
    pub accept: bool,
    /// Write the results as XML too, in the form of `JUnit`
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Say which code of the task the cases reached
    #[arg(long, conflicts_with_all = ["fuzz", "fuzz_runs"])]
    pub coverage: bool,
    /// The same, as an LCOV file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["fuzz", "fuzz_runs"])]
    pub lcov: Option<PathBuf>,
    /// Annotate for GitHub [default: where `GITHUB_ACTIONS` is `true`]
    #[arg(long)]
    pub github: bool,
    /// Try other content for so long, and write what traps or reaches a limit as cases
    #[arg(long, value_name = "SECONDS", conflicts_with = "fuzz_runs")]
    pub fuzz: Option<u64>,
    /// The same for so many runs
    #[arg(long, value_name = "NUMBER")]
    pub fuzz_runs: Option<u64>,
    /// Where the randomness of `--fuzz` starts
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub seed: u64,
}
