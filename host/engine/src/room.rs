//! Whether the disk has room for what is accepted.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

/// What is left for work that was accepted already, so that it can be committed: as much as the
/// store's log grows to.
const RESERVE_BYTES: u64 = 64 << 20;
/// The reserve on a small disk: one part in so many.
const RESERVE_PART: u64 = 20;
/// How often the system is asked, in milliseconds: a flood fills the reserve in no less than that.
const ASK_AFTER_MS: u64 = 1_000;

/// Knows, as of a moment ago, whether the disk has more room than the reserve.
#[derive(Debug)]
pub(crate) struct Room {
    folder: Option<PathBuf>,
    started: Instant,
    /// When the system is asked next, in milliseconds since the start.
    ask_at: AtomicU64,
    is_short: AtomicBool,
}

impl Room {
    /// Of a data folder; a host in memory has room.
    pub(crate) fn of(folder: Option<PathBuf>) -> Self {
        let (ask_at, is_short) = (AtomicU64::new(0), AtomicBool::new(false));
        Self { folder, started: Instant::now(), ask_at, is_short }
    }

    /// Whether so many bytes can be written that need not be, asked at once.
    pub(crate) fn has(&self, bytes: u64) -> bool {
        let left = self.folder.as_ref().and_then(|folder| free(folder));
        left.is_none_or(|(free, all)| free.saturating_sub(bytes) >= reserve(all))
    }

    /// Whether more may be accepted.
    pub(crate) fn has_some(&self) -> bool {
        let Some(folder) = &self.folder else { return true };
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let ask_at = self.ask_at.load(Ordering::Relaxed);
        let next = now.saturating_add(ASK_AFTER_MS);
        let is_mine = now >= ask_at
            && self
                .ask_at
                .compare_exchange(ask_at, next, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if is_mine {
            // Where the system cannot tell, the store says it when it is too late.
            let is_short = free(folder).is_some_and(|(free, all)| free < reserve(all));
            if self.is_short.swap(is_short, Ordering::Relaxed) != is_short {
                if is_short {
                    tracing::error!("the disk is almost full: nothing more is accepted");
                } else {
                    tracing::info!("the disk has room again");
                }
            }
        }
        !self.is_short.load(Ordering::Relaxed)
    }
}

/// What is left of a disk of so many bytes.
fn reserve(all: u64) -> u64 {
    RESERVE_BYTES.min(all / RESERVE_PART)
}

/// What is free, and what there is, in bytes, for a user without privileges.
#[cfg(unix)]
fn free(folder: &std::path::Path) -> Option<(u64, u64)> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some((disk.f_bavail.saturating_mul(disk.f_frsize), disk.f_blocks.saturating_mul(disk.f_frsize)))
}

#[cfg(not(unix))]
fn free(_: &std::path::Path) -> Option<(u64, u64)> {
    None
}
