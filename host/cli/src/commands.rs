//! One file a command.

pub(crate) mod app;
pub(crate) mod backup;
pub(crate) mod build;
pub(crate) mod channel;
pub(crate) mod completions;
pub(crate) mod dashboard;
pub(crate) mod doctor;
pub(crate) mod inspect;
pub(crate) mod install;
pub(crate) mod list;
pub(crate) mod logs;
pub(crate) mod new;
pub(crate) mod profile;
pub(crate) mod push;
pub(crate) mod remove;
pub(crate) mod replay;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod serve;
pub(crate) mod settings;
pub(crate) mod test;
pub(crate) mod toasts;
pub(crate) mod watch;
