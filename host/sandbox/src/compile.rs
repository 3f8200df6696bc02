use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::admit::core_instances;
use crate::engine::{Allocation, Sandbox};

/// What a compilation may take. Compiling is what a stranger's component can make most expensive, and
/// wasmtime promises nothing about it: a megabyte of one straight function takes 118 MiB and 3.5 s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompileLimits {
    /// Processor time, in seconds. 18 MB of Python take 16.
    pub cpu_seconds: u64,
    /// Address space of the child, in bytes.
    pub memory_bytes: u64,
    /// Real time: twice the processor time, for a busy machine.
    pub wall: Duration,
    /// Native code that comes out, in bytes. 18 MB of Python make 40; tiny functions make 30 times
    /// their size.
    pub artifact_bytes: usize,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self {
            cpu_seconds: 60,
            memory_bytes: 2 * 1024 * 1024 * 1024,
            wall: Duration::from_secs(120),
            artifact_bytes: 256 * 1024 * 1024,
        }
    }
}

/// Where components are compiled.
#[derive(Debug, Clone)]
pub enum Compiler {
    /// In a child process that dies at its limits: a program that calls [`compile_child`] when it is
    /// started with these arguments.
    Child {
        /// The program.
        program: PathBuf,
        /// What makes it call [`compile_child`].
        args: Vec<OsString>,
    },
    /// In this process. Of all limits only those of admission and the size of the result hold:
    /// neither time nor memory can be taken back from a compiler in one's own process. For hosts
    /// that ship no program of ours and install only what they trust.
    InProcess,
}

/// Why a component was not compiled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// The compiler refuses it.
    #[error("the component cannot be compiled: {0}")]
    Refused(String),
    /// It takes more than it may.
    #[error(
        "the component takes more to compile than it may ({0}); build it smaller, or with smaller \
         functions"
    )]
    LimitReached(&'static str),
    /// The child process cannot be used.
    #[error("the compiler's process cannot be used: {0}")]
    Child(#[source] io::Error),
}

impl CompileError {
    /// The stable name of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(_) => "compile-refused",
            Self::LimitReached(_) => "compile-limit",
            Self::Child(_) => "compile-process",
        }
    }
}

impl Compiler {
    /// Makes native code of a component that was admitted, and adds what only the component tells.
    ///
    /// Blocks until it is made: 50 ms for 30 KB of Rust, 8 s for 18 MB of Python.
    ///
    /// # Errors
    ///
    /// The component cannot be compiled within the limits, or the child cannot be used.
    pub fn compile(
        &self,
        sandbox: &Sandbox,
        component: &[u8],
        limits: &CompileLimits,
    ) -> Result<Vec<u8>, CompileError> {
        let mut code = match self {
            Self::InProcess => precompile(sandbox, component).map_err(CompileError::Refused)?,
            Self::Child { program, args } => {
                let mut command = Command::new(program);
                command.args(args).env_clear().envs(ALLOCATOR);
                in_child(command, component, limits)?
            }
        };
        if code.len() > limits.artifact_bytes {
            return Err(CompileError::LimitReached("size of the native code"));
        }
        code.extend(core_instances(component).to_le_bytes());
        Ok(code)
    }
}

/// mimalloc, if the program has it, takes address space by the gigabyte, and a child may have so much in all.
const ALLOCATOR: [(&str, &str); 1] = [("MIMALLOC_ARENA_RESERVE", "8MiB")];

/// What the compiler says of a component, a panic included: it is large, and this is its input.
fn precompile(sandbox: &Sandbox, component: &[u8]) -> Result<Vec<u8>, String> {
    let compile = AssertUnwindSafe(|| sandbox.engine.precompile_component(component));
    match catch_unwind(compile) {
        Ok(code) => code.map_err(|error| format!("{error:#}")),
        Err(_) => Err("the compiler went wrong over it".to_owned()),
    }
}

fn in_child(
    mut command: Command,
    component: &[u8],
    limits: &CompileLimits,
) -> Result<Vec<u8>, CompileError> {
    let budget = format!("{} {}", limits.cpu_seconds, limits.memory_bytes);
    let mut child = command
        .arg(budget)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(CompileError::Child)?;
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let component = component.to_vec();
    // A child that ends early closes its end; what it says on stderr is the better error.
    let feeder = thread::spawn(move || drop(stdin.write_all(&component)));
    let out = drain(child.stdout.take(), limits.artifact_bytes);
    let errors = drain(child.stderr.take(), 16 * 1024);
    let code = match out.recv_timeout(limits.wall) {
        Ok(code) => code,
        Err(RecvTimeoutError::Timeout) => {
            end(&mut child)?;
            return Err(CompileError::LimitReached("real time"));
        }
        Err(RecvTimeoutError::Disconnected) => Vec::new(),
    };
    if code.len() > limits.artifact_bytes {
        end(&mut child)?;
        return Err(CompileError::LimitReached("size of the native code"));
    }
    let status = child.wait().map_err(CompileError::Child)?;
    let _ = feeder.join();
    let errors = errors.recv().unwrap_or_default();
    if status.success() { Ok(code) } else { Err(failure(status, &errors)) }
}

/// Reads a pipe to its end on a thread of its own, one byte more than it may have at the most.
fn drain(
    pipe: Option<impl io::Read + Send + 'static>,
    bytes_max: usize,
) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            // What was read before an error is still worth something.
            let _ = pipe.take(bytes_max as u64 + 1).read_to_end(&mut bytes);
        }
        let _ = sender.send(bytes);
    });
    receiver
}

fn end(child: &mut Child) -> Result<(), CompileError> {
    child.kill().map_err(CompileError::Child)?;
    child.wait().map_err(CompileError::Child)?;
    Ok(())
}

fn failure(status: ExitStatus, errors: &[u8]) -> CompileError {
    let words = String::from_utf8_lossy(errors).trim().to_owned();
    if status.code() == Some(i32::from(EXIT_REFUSED)) {
        return CompileError::Refused(words);
    }
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;
        // SIGXCPU and SIGKILL end a process that has used its processor time.
        if matches!(status.signal(), Some(24 | 9)) {
            return CompileError::LimitReached("processor time");
        }
        // Out of address space, Rust's allocator aborts.
        if status.signal().is_some() {
            return CompileError::LimitReached("memory");
        }
    }
    CompileError::Child(io::Error::other(format!("it ended with {status}: {words}")))
}

/// The child's answer that the component, not the child, is at fault.
const EXIT_REFUSED: u8 = 65;
/// The child's answer that it was not started as it should be.
const EXIT_USAGE: u8 = 64;

/// The child's side of [`Compiler::Child`]: reads a component from standard input, compiles it within
/// the limits given as the program's last argument, writes native code to standard output.
#[must_use]
pub fn compile_child() -> ExitCode {
    let budget = std::env::args().next_back().unwrap_or_default();
    let budget = budget.split_once(' ').and_then(|(cpu_seconds, memory_bytes)| {
        Some((cpu_seconds.parse().ok()?, memory_bytes.parse().ok()?))
    });
    let Some((cpu_seconds, memory_bytes)) = budget else {
        return fail(EXIT_USAGE, "this program is started by the host's compiler only");
    };
    confine(cpu_seconds, memory_bytes);
    let mut component = Vec::new();
    if let Err(error) = io::stdin().lock().read_to_end(&mut component) {
        return fail(EXIT_USAGE, &error.to_string());
    }
    let compile = || {
        let sandbox = Sandbox::new(Allocation::OnDemand).map_err(|error| error.to_string())?;
        precompile(&sandbox, &component)
    };
    match compile() {
        Ok(code) => match io::stdout().lock().write_all(&code) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(EXIT_USAGE, &error.to_string()),
        },
        Err(words) => fail(EXIT_REFUSED, &words),
    }
}

fn fail(code: u8, words: &str) -> ExitCode {
    // Nobody is left to tell if the host has gone.
    let _ = writeln!(io::stderr().lock(), "{words}");
    ExitCode::from(code)
}

/// Takes from this process what a compiler does not need. Limits that the system refuses to set are
/// left as they are: the parent's watch over time and size still holds.
#[cfg(unix)]
fn confine(cpu_seconds: u64, memory_bytes: u64) {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let limits = [
        (Resource::Cpu, cpu_seconds),
        (Resource::As, memory_bytes),
        (Resource::Core, 0),
        // It writes to a pipe only, and opens nothing after its start.
        (Resource::Fsize, 0),
        (Resource::Nofile, 64),
    ];
    for (resource, limit) in limits {
        let _ = setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) });
    }
}

#[cfg(not(unix))]
fn confine(_cpu_seconds: u64, _memory_bytes: u64) {}
