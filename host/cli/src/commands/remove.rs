//! `bugle remove`.

use bugle_gateway::{Answer, Command};

use crate::access::{self, After};
use crate::args::{Global, RemoveArgs};
use crate::failure::{Ended, Failure};
use crate::output::Output;

pub(crate) fn remove(args: RemoveArgs, global: &Global, output: &Output) -> Result<Ended, Failure> {
    let answer = access::send(global, Command::Remove { app: args.app }, After::Close)?;
    let Answer::Removed { app } = &answer else { return Err(access::unexpected()) };
    output.say(&answer, || format!("removed {app} with all that it kept\n"))?;
    Ok(Ended::Well)
}
