//! `bugle completions`.

use clap::CommandFactory as _;

use crate::args::{Args, CompletionsArgs};
use crate::failure::{Ended, Failure};
use crate::output;

pub(crate) fn completions(args: &CompletionsArgs) -> Result<Ended, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "bugle", &mut script);
    output::write(&String::from_utf8_lossy(&script))?;
    Ok(Ended::Well)
}
