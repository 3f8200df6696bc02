//! Everything Bugle keeps on disk: apps, channels, waiting triggers, settings, toasts, runs.
//!
//! The store owns one database file and everything that is durable. Each public function of
//! [`Store`] is one transaction, and these are the seam: nothing outside knows SQL, so another
//! backend can take this one's place.
//!
//! The store never reads a clock, runs no guest, opens no socket and decides no policy: when to try
//! again, how long to back off, and what a sink does with a toast are the engine's to say.
//!
//! # What always holds
//!
//! * A reply with `Ok` is called after the transaction is on disk (WAL, `synchronous=FULL`).
//! * One thread writes. What waits at one moment shares one commit, each app's in the order it was asked
//!   for; where apps ask for more than one commit should hold, who has had least comes first.
//! * Whoever holds the folder's lock is the only writer. Each open is a new *incarnation*; what an
//!   earlier one had claimed is waiting again when [`Store::open`] returns.
//! * Effects are committed with the end of the run that had them, or not at all.
//! * A transaction that is refused has written nothing.
//!
//! [`Reader::check`] proves the numbered invariants of the tables.

#![forbid(unsafe_code)]
#![warn(missing_docs, clippy::pedantic)]

mod apps;
mod call;
mod channels;
mod check;
mod claim;
mod conduct;
mod dead;
mod digest;
mod error;
mod failure;
mod files;
mod fresh;
mod inbox;
mod log;
mod overview;
mod post;
mod queue;
mod reader;
mod recovery;
mod repeat;
mod resume;
mod retain;
mod runs;
mod schema;
mod settings;
mod setups;
mod shown;
mod state;
mod store;
mod summary;
mod sweep;
mod toasts;
mod turn;
mod waiting;
mod watch;
mod withdraw;
mod writer;

pub use apps::{AppInstall, AppKey, AppRecord};
pub use channels::{ChannelKey, ChannelRecord, ChannelSetup, IfOpen, OpenChannel};
pub use check::Violation;
pub use claim::{Claim, Claimed, TURN_MAX};
pub use conduct::{Conduct, PausedTask};
pub use dead::{DeadLetter, DeadReason};
pub use digest::Digest;
pub use error::StoreError;
pub use files::Location;
pub use overview::{Pressure, Queued};
pub use post::Post;
pub use queue::{Accept, Accepted, Expired, TriggerState};
pub use reader::Reader;
pub use recovery::{AppQueue, Recovery};
pub use repeat::{PushName, Repeat};
pub use retain::{Retained, Retention};
pub use runs::{KeptRun, RunFilter, RunRecord, RunSummary};
pub use shown::{DUE_TOASTS_MAX, DuePlace, DueToast, LiveToast};
pub use store::{Reply, Store, wait};
pub use summary::{Totals, Waiting};
pub use toasts::{TOAST_AGE_MS_MAX, ToastChange, ToastEvent, ToastId};
pub use turn::{Committed, End, Ended, Turn};
pub use watch::{Activity, RunLog};
pub use withdraw::Withdrawn;

/// What a public call of this crate gives.
type Result<T> = std::result::Result<T, StoreError>;
