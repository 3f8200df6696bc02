//! The command line, as clap reads it.

mod authoring;
mod channels;
mod running;
mod serving;
mod watching;

use std::path::PathBuf;

use bugle::ChannelId;
use bugle::task::{AppId, Name, RunId, Timestamp, TriggerId};
use clap::{ArgAction, ColorChoice, Parser, Subcommand};

use crate::text;

pub(crate) use authoring::{BuildArgs, InspectArgs, NewArgs, ProjectArgs, WatchArgs};
pub(crate) use channels::{AppAction, AppArgs, ChannelAction, ChannelArgs, ProtocolArgs};
pub(crate) use running::{ProfileArgs, RunArgs, TestArgs, Wake};
pub(crate) use serving::{ForwardedHeader, LogFormat, ServeArgs, SinkChoice};
pub(crate) use watching::{ListArgs, LogsArgs, ToastsArgs};

/// Runs background tasks: sandboxed, woken by raw pushes.
#[derive(Debug, Parser)]
#[command(
    name = "bugle",
    version,
    max_term_width = 100,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 done, 1 a task did not complete, 2 wrong usage, 3 the host failed.\n\
                  Example: bugle new hello --lang js"
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub action: Action,
}

/// What every command takes.
#[derive(Debug, Clone, Parser)]
pub(crate) struct Global {
    /// The data folder [default: the platform's]
    #[arg(
        long,
        global = true,
        env = "BUGLE_DATA",
        hide_env_values = true,
        value_name = "DIR",
        help_heading = "Everywhere"
    )]
    pub data: Option<PathBuf>,
    /// What any run of a host may use at most, like `fuel=1000000,time-ms=200` [default: LIMITS.md]
    #[arg(
        long,
        global = true,
        env = "BUGLE_LIMITS",
        hide_env_values = true,
        value_name = "LIMITS",
        help_heading = "Everywhere"
    )]
    pub host_limits: Option<String>,
    /// What each app may use over time, like `cpu-ms=60000,failures=5` [default: LIMITS.md]
    #[arg(
        long,
        global = true,
        env = "BUGLE_QUOTAS",
        hide_env_values = true,
        value_name = "QUOTAS",
        help_heading = "Everywhere"
    )]
    pub host_quotas: Option<String>,
    /// Answer in JSON
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub json: bool,
    /// Say more; twice for the log
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Everywhere")]
    pub verbose: u8,
    /// When to use colours
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "auto",
        hide_possible_values = true,
        value_name = "auto|always|never",
        help_heading = "Everywhere"
    )]
    pub color: ColorChoice,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Begin a task in a new folder
    New(NewArgs),
    /// Build the component of a project
    Build(BuildArgs),
    /// Build, test and install again at each change
    Watch(WatchArgs),
    /// Tell what a component is
    Inspect(InspectArgs),
    /// Run a task once in the sandbox, keeping nothing
    Run(Box<RunArgs>),
    /// Run the cases of an app in the sandbox, and compare what comes of them
    Test(Box<TestArgs>),
    /// Run a task once, and show where its fuel goes, function by function
    Profile(Box<ProfileArgs>),
    /// Serve: take pushes and run tasks until stopped
    Serve(ServeArgs),
    /// Print a link to the dashboard of the running host
    Dashboard,
    /// Install the app in a folder, or bring it to the folder's version
    Install(InstallArgs),
    /// List the installed apps; with -v, what each has used of its quotas
    List(ListArgs),
    /// Remove an app with all that it keeps
    Remove(RemoveArgs),
    /// Push to a channel
    Push(PushArgs),
    /// Open, list and close channels
    Channel(ChannelArgs),
    /// Credentials of an app; and tasks that are paused
    App(AppArgs),
    /// Read and change the settings of an app
    Settings(SettingsArgs),
    /// List the toasts that are shown
    Toasts(ToastsArgs),
    /// Show what tasks logged and how their runs ended
    Logs(LogsArgs),
    /// List the kept runs; show one; retry or drop what is dead
    Runs(RunsArgs),
    /// Run kept runs again, or with a new build, and compare, changing nothing
    Replay(ReplayArgs),
    /// Back the data folder up to one file, while a host runs or not
    Backup(BackupArgs),
    /// Check the data folder and the machine
    #[command(after_help = "Example: bugle doctor")]
    Doctor,
    /// Print the completions of a shell
    Completions(CompletionsArgs),
    /// Compile a component; this program starts itself so.
    #[command(hide = true)]
    CompileComponent {
        /// Processor seconds and bytes of memory that it may take.
        budget: String,
    },
}

impl Action {
    /// The form of a daemon's log; none for a command, whose answer is all that it says.
    pub(crate) fn log_format(&self) -> Option<LogFormat> {
        match self {
            Self::Serve(args) => Some(args.log_format),
            _ => None,
        }
    }
}

#[derive(Debug, Parser)]
#[command(after_help = "Example: bugle backup /var/backups/bugle-today.db")]
pub(crate) struct BackupArgs {
    /// A file that is not there yet
    pub file: PathBuf,
}

#[derive(Debug, Parser)]
#[command(after_help = "Example: bugle install hello")]
pub(crate) struct InstallArgs {
    /// A folder with a `bugle.toml`
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

#[derive(Debug, Parser)]
#[command(after_help = "Example: bugle remove com.example.mail")]
pub(crate) struct RemoveArgs {
    /// Which app
    pub app: AppId,
}

#[derive(Debug, Parser)]
#[command(after_help = "Example: echo hello | bugle push com.example.mail/inbox --wait")]
pub(crate) struct PushArgs {
    /// Which channel, like `com.example.mail/inbox`
    pub channel: ChannelId,
    /// What to push: 1 to 5,000 bytes
    #[arg(value_name = "FILE|-|TEXT", default_value = "-", allow_hyphen_values = true)]
    pub content: String,
    /// What the content is
    #[arg(long, value_name = "TYPE")]
    pub content_type: Option<String>,
    /// A header for the task
    #[arg(long, value_name = "NAME=VALUE", value_parser = text::pair)]
    pub header: Vec<(String, String)>,
    /// How long it is worth running; 0 means one attempt
    #[arg(long, value_name = "SECONDS")]
    pub ttl: Option<u64>,
    /// Wait until nothing more will come of it, and show what did
    #[arg(long)]
    pub wait: bool,
}

#[derive(Debug, Parser)]
#[command(after_help = "Example: bugle settings set com.example.mail inbox/unread 3")]
pub(crate) struct SettingsArgs {
    #[command(subcommand)]
    pub action: SettingsAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SettingsAction {
    /// List the settings of an app
    List {
        /// Which app
        app: AppId,
    },
    /// Print one setting
    Get {
        /// Which app
        app: AppId,
        /// The setting's path
        path: String,
    },
    /// Set one setting
    Set {
        /// Which app
        app: AppId,
        /// The setting's path
        path: String,
        /// `true`, `12`, `1.5`, `@MILLISECONDS`, `base64:…`, or text; quotes make text of anything
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
    /// Remove one setting
    Unset {
        /// Which app
        app: AppId,
        /// The setting's path
        path: String,
    },
}

#[derive(Debug, Parser)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Example: bugle runs --app com.example.mail --limit 5"
)]
pub(crate) struct RunsArgs {
    #[command(subcommand)]
    pub action: Option<RunsAction>,
    /// Of this app only
    #[arg(long)]
    pub app: Option<AppId>,
    /// With this outcome only, like `failed`
    #[arg(long, conflicts_with = "dead")]
    pub outcome: Option<String>,
    /// What reached its last attempt in place of runs
    #[arg(long)]
    pub dead: bool,
    /// At most this many, the latest first
    #[arg(long, default_value_t = 20, value_name = "NUMBER")]
    pub limit: usize,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunsAction {
    /// Show a kept run whole
    Show {
        /// Which run, like `run-17.1`
        run: RunId,
    },
    /// Give a dead trigger its attempts again
    Retry {
        /// Which trigger, like `trigger-17`
        trigger: TriggerId,
    },
    /// Throw a dead trigger away
    Drop {
        /// Which trigger, like `trigger-17`
        trigger: TriggerId,
    },
}

#[derive(Debug, Parser)]
#[command(after_help = "Example: bugle replay run-17.1\n\
                  Example: bugle replay --app com.example.mail --since 1d --with build/mail.wasm")]
pub(crate) struct ReplayArgs {
    /// Which run, like `run-17.1`
    #[arg(required_unless_present = "app", conflicts_with = "app")]
    pub run: Option<RunId>,
    /// All kept runs of this app
    #[arg(long, requires = "with")]
    pub app: Option<AppId>,
    /// With `--app`: only runs of this task
    #[arg(long, requires = "app", value_name = "NAME")]
    pub task: Option<Name>,
    /// With `--app`: only runs since then, like `90m`, `1d`, or a moment
    #[arg(long, requires = "app", value_name = "TIME", value_parser = text::since)]
    pub since: Option<Timestamp>,
    /// Run the same inputs with a new build, a component or an app's folder, and compare
    #[arg(long, value_name = "WASM|DIR")]
    pub with: Option<PathBuf>,
    /// Write the run as a case file for `bugle test`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["app", "with"])]
    pub export: Option<PathBuf>,
}

#[derive(Debug, Parser)]
#[command(
    after_help = "Example: bugle completions bash > ~/.local/share/bash-completion/completions/bugle"
)]
pub(crate) struct CompletionsArgs {
    /// Which shell
    pub shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_run_has_exactly_one_trigger() {
        let parse = |line: &str| Args::try_parse_from(line.split(' '));
        assert!(parse("bugle run t --push hi").is_ok());
        assert!(parse("bugle run t --push -").is_ok());
        assert!(parse("bugle run t --custom a.b=hi --limits fuel=1").is_ok());
        assert!(parse("bugle run t").is_err());
        assert!(parse("bugle run t --push hi --application hi").is_err());
        assert!(parse("bugle run t --application hi --content-type a/b").is_err());
    }

    #[test]
    fn global_options_stand_anywhere() {
        let args = Args::try_parse_from(["bugle", "runs", "--json", "--data", "d", "-vv"]);
        let global = args.expect("they are global").global;
        assert!(global.json && global.verbose == 2 && global.data == Some("d".into()));
    }
}
