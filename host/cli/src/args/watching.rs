//! What is shown as it happens.

use bugle::AppId;
use clap::Parser;

#[derive(Debug, Parser)]
#[command(after_help = "Example: bugle list -v\nExample: bugle list --watch")]
pub(crate) struct ListArgs {
    /// Show each second what apps do, until interrupted: runs a second, what waits, fuel, failures
    #[arg(long)]
    pub watch: bool,
}

#[derive(Debug, Parser)]
#[command(after_help = "Example: bugle logs -f --app com.example.mail --failed")]
pub(crate) struct LogsArgs {
    /// Go on with runs as they are committed, until interrupted
    #[arg(short, long)]
    pub follow: bool,
    /// Of this app only
    #[arg(long)]
    pub app: Option<AppId>,
    /// Only of runs that did not complete
    #[arg(long)]
    pub failed: bool,
    /// Begin with the latest so many runs
    #[arg(long, default_value_t = 20, value_name = "NUMBER")]
    pub limit: usize,
}

#[derive(Debug, Parser)]
#[command(after_help = "Example: bugle toasts --app com.example.mail")]
pub(crate) struct ToastsArgs {
    /// Go on with what happens to toasts and badges, until interrupted
    #[arg(short, long)]
    pub follow: bool,
    /// Of this app only
    #[arg(long)]
    pub app: Option<AppId>,
}
