//! `bugle dashboard`.

use bugle_gateway::{Answer, Command};

use crate::access::{self, After};
use crate::args::Global;
use crate::failure::{Ended, Failure};
use crate::output::Output;

pub(crate) fn dashboard(global: &Global, output: &Output) -> Result<Ended, Failure> {
    let answer = access::send(global, Command::Dashboard {}, After::Close)?;
    output.say(&answer, || match &answer {
        Answer::Dashboard { url } => format!("{}\n", url.0),
        _ => String::new(),
    })?;
    Ok(Ended::Well)
}
