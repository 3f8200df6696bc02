use std::io::{self, Read as _};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use crate::BuildError;

/// Whoever watches a build.
pub trait Steps {
    /// A step begins that may take a while; the one before is over.
    fn begin(&mut self, what: &str);
    /// All steps are over.
    fn end(&mut self);
    /// What a compiler wrote, as it wrote it.
    fn words(&mut self, words: &[u8]);
    /// Whether the words are for a terminal, so that compilers may use colours.
    fn is_terminal(&self) -> bool;
}

/// Runs a compiler to its end, and passes on all that it writes, in the order in which it does.
pub(crate) fn run(
    command: &mut Command,
    what: &str,
    steps: &mut dyn Steps,
) -> Result<(), BuildError> {
    steps.begin(what);
    let ran = read(command, &mut |words| steps.words(words));
    steps.end();
    ended(command, ran)
}

/// Runs a tool that also talks when all is well: what it writes is passed on only if it fails.
pub(crate) fn run_quietly(
    command: &mut Command,
    what: &str,
    steps: &mut dyn Steps,
) -> Result<(), BuildError> {
    let mut all = Vec::new();
    steps.begin(what);
    let ran = read(command, &mut |words| all.extend_from_slice(words));
    steps.end();
    let ended = ended(command, ran);
    if ended.is_err() {
        steps.words(&all);
    }
    ended
}

fn ended(command: &Command, ran: io::Result<ExitStatus>) -> Result<(), BuildError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = ran.map_err(|source| BuildError::Start { program: program.clone(), source })?;
    if status.success() {
        return Ok(());
    }
    let name = Path::new(&program).file_name().map(|name| name.to_string_lossy().into_owned());
    let program = name.unwrap_or(program);
    Err(BuildError::Compiler { program, status: status.to_string() })
}

fn read(command: &mut Command, words: &mut dyn FnMut(&[u8])) -> io::Result<ExitStatus> {
    let (mut reader, writer) = io::pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let child = command.spawn();
    // The command holds this process's ends of the pipe, which would never end with them.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = child?;
    let mut buffer = [0; 8 * 1024];
    loop {
        match reader.read(&mut buffer)? {
            0 => return child.wait(),
            count => words(buffer.get(..count).unwrap_or_default()),
        }
    }
}
