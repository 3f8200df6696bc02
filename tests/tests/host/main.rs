//! What a host promises, through the door of the `bugle` library: one file a behaviour.

mod channels;
mod down;
mod fairness;
mod foreground;
mod install;
mod pictures;
mod push;
mod quotas;
mod recovery;
mod refusals;
mod replay;
mod retries;
mod settings;
mod sinks;
mod stopping;
mod turns;
