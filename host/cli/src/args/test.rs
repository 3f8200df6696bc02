use std::path::PathBuf;

use clap::Parser;

use crate::text;

#[derive(Debug, Parser)]
#[command(after_help = "Example: bugle test examples/mail --filter unread\n\
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
