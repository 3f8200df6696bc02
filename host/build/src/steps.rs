use std::io::{self, Read as _};
use std::process::{Command, Stdio};

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
    let program = command.get_program().to_string_lossy().into_owned();
    steps.begin(what);
    let ran = pass_on(command, steps);
    steps.end();
    let status = ran.map_err(|source| BuildError::Start { program: program.clone(), source })?;
    if status.success() {
        return Ok(());
    }
    let program = std::path::Path::new(&program)
        .file_name()
        .map_or(program.clone(), |name| name.to_string_lossy().into_owned());
    Err(BuildError::Compiler { program, status: status.to_string() })
}

fn pass_on(command: &mut Command, steps: &mut dyn Steps) -> io::Result<std::process::ExitStatus> {
    let (mut reader, writer) = io::pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn()?;
    // The command holds this process's ends of the pipe, which would never end with them.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut words = [0; 8 * 1024];
    loop {
        match reader.read(&mut words)? {
            0 => return child.wait(),
            count => steps.words(words.get(..count).unwrap_or_default()),
        }
    }
}
