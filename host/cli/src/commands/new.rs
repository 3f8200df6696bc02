//! `bugle new`.

use std::path::Path;

use bugle_build::NewProjectError;
use serde_json::json;

use crate::args::NewArgs;
use crate::failure::{Ended, Failure};
use crate::output::Output;

pub(crate) fn new(args: &NewArgs, output: &Output) -> Result<Ended, Failure> {
    let folder = bugle_build::create(Path::new(""), &args.name, args.lang)
        .map_err(|error| refused(&error))?;
    let answer = json!({ "created": folder, "language": args.lang.as_str() });
    output.say(&answer, || {
        let name = folder.display();
        format!("created {name}, a task in {}\n", args.lang.name())
    })?;
    output.note(&format!("next: bugle build {0}, then bugle test {0}", folder.display()));
    Ok(Ended::Well)
}

fn refused(error: &NewProjectError) -> Failure {
    Failure::usage(error.code(), error.to_string())
}
