//! The pages, each a function of what the host keeps.

mod app;
mod apps;
mod dead;
mod feed;
mod install;
mod lock_screen;
mod run;
mod send;

pub(crate) use app::app;
pub(crate) use apps::apps;
pub(crate) use dead::dead;
pub(crate) use feed::{feed, table as runs_table};
pub(crate) use install::install;
pub(crate) use lock_screen::{lock_screen, toasts};
pub(crate) use run::run;
pub(crate) use send::send;
