//! The way to the host: the daemon's socket if one answers, else the store itself.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bugle::{Allocation, Compiler, Host, HostBuilder, Limits, Quotas, Reader};
use bugle_gateway::{Answer, Command, SOCKET_NAME, execute};
use directories::ProjectDirs;

use crate::args::Global;
use crate::failure::Failure;

/// How long to wait for the data folder while another program has it: two commands at once, or a
/// daemon that is about to answer.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);

/// How often to look again meanwhile.
const LOCK_PAUSE: Duration = Duration::from_millis(25);

/// How often what is followed is looked at again: as soon as a person sees.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// How long what a command set off may take before the store is closed again; what is left waits for
/// the next host.
const SETTLE_PATIENCE: Duration = Duration::from_secs(30);

fn folders() -> Result<ProjectDirs, Failure> {
    ProjectDirs::from("", "", "bugle").ok_or_else(|| {
        Failure::usage("no-data-folder", "there is no home folder to keep data in")
            .hint("name a data folder with `--data DIR` or `BUGLE_DATA`")
    })
}

/// The data folder: the one that is named, else the platform's.
pub(crate) fn data_dir(global: &Global) -> Result<PathBuf, Failure> {
    let data = match &global.data {
        Some(folder) => folder.clone(),
        None => folders()?.data_local_dir().to_owned(),
    };
    if data.exists() && !data.is_dir() {
        let message = format!("the data folder `{}` is not a folder", data.display());
        return Err(Failure::usage("data-folder", message).hint("choose another with `--data DIR`"));
    }
    Ok(data)
}

/// Where test runs keep compiled components: the platform's folder for caches, not the data folder,
/// which they never touch. None compiles every time.
pub(crate) fn cache_dir() -> Option<PathBuf> {
    folders().ok().map(|folders| folders.cache_dir().to_owned())
}

/// A child of this program, which dies at its limits.
pub(crate) fn compiler() -> Result<Compiler, Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::host("program", format!("bugle cannot find itself: {error}")))?;
    Ok(Compiler::Child { program, args: vec!["compile-component".into()] })
}

/// Opens the store for reading, beside a daemon. None if there is none yet.
pub(crate) fn reader(global: &Global) -> Result<Option<Reader>, Failure> {
    match Reader::open(&data_dir(global)?) {
        Ok(reader) => Ok(Some(reader)),
        Err(error) if error.code() == "store-missing" => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The same; waits until there is one, if it `waits`.
pub(crate) fn reader_if(global: &Global, waits: bool) -> Result<Option<Reader>, Failure> {
    loop {
        let reader = reader(global)?;
        if reader.is_some() || !waits {
            return Ok(reader);
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// What any run of a host may use at most.
pub(crate) fn limits(global: &Global) -> Result<Limits, Failure> {
    let mut limits = Limits::default();
    if let Some(text) = &global.host_limits {
        limits.set_from_text(text).map_err(bugle::Error::from)?;
    }
    Ok(limits)
}

/// A host of this process's own, held to the limits that the operator names.
pub(crate) fn host(global: &Global) -> Result<HostBuilder, Failure> {
    let builder = Host::builder().data_dir(data_dir(global)?).compiler(compiler()?);
    let mut quotas = Quotas::default();
    if let Some(text) = &global.host_quotas {
        quotas.set_from_text(text).map_err(bugle::Error::from)?;
    }
    Ok(builder.limits(limits(global)?).quotas(quotas))
}

/// What a command needs from a host of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// Nothing more.
    Close,
    /// What it set off is run, and toasts are shown.
    Settle {
        /// Whether toasts are shown on the terminal as they are raised.
        show_toasts: bool,
    },
}

/// Has a command carried out, by the daemon or by a host of this process's own.
pub(crate) fn send(global: &Global, command: Command, after: After) -> Result<Answer, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        Failure::host("runtime", format!("the input and output of the system fail: {error}"))
    })?;
    runtime.block_on(send_in_time(global, command, after))
}

async fn send_in_time(global: &Global, command: Command, after: After) -> Result<Answer, Failure> {
    let data = data_dir(global)?;
    let start = Instant::now();
    loop {
        if let Some(answer) = send_to_daemon(&data, &command).await {
            return answer;
        }
        match open(global, after).await {
            Ok(host) => return carry_out(host, command, after).await,
            // It may be another command, soon done, or a daemon that will answer.
            Err(failure) if failure.is("store-locked") && start.elapsed() < LOCK_PATIENCE => {
                tokio::time::sleep(LOCK_PAUSE).await;
            }
            Err(failure) => return Err(failure),
        }
    }
}

/// Has a command carried out by the daemon, if one runs.
pub(crate) async fn send_to_running(
    global: &Global,
    command: &Command,
) -> Result<Option<Answer>, Failure> {
    send_to_daemon(&data_dir(global)?, command).await.transpose()
}

#[cfg(unix)]
async fn send_to_daemon(data: &Path, command: &Command) -> Option<Result<Answer, Failure>> {
    let client = bugle_gateway::Client::connect(data.join(SOCKET_NAME)).await?;
    Some(client.send(command).await.map_err(Failure::from))
}

#[cfg(not(unix))]
async fn send_to_daemon(_: &Path, _: &Command) -> Option<Result<Answer, Failure>> {
    None
}

async fn open(global: &Global, after: After) -> Result<Host, Failure> {
    // A pool is for many runs; a command has one.
    let mut builder = host(global)?.allocation(Allocation::OnDemand);
    if after == (After::Settle { show_toasts: true }) {
        builder = builder.sink(bugle::TerminalSink::new());
    }
    Ok(builder.build().await?)
}

async fn carry_out(host: Host, command: Command, after: After) -> Result<Answer, Failure> {
    let answer = execute(&host, None, command).await;
    if after != After::Close && answer.is_ok() {
        // What takes longer is kept; the next host goes on with it.
        if let Ok(settled) = tokio::time::timeout(SETTLE_PATIENCE, host.settled()).await {
            settled?;
        }
    }
    host.shutdown().await?;
    Ok(answer?)
}

/// An answer of another kind than the command has: the daemon is of another version.
pub(crate) fn unexpected() -> Failure {
    Failure::host("unanswered", "the running host gave the answer to another command")
        .hint("use the same version of bugle for the command and for the host")
}
