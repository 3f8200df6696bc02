//! The processor time of the calling thread.

/// In microseconds since the thread began; 0 where the system does not tell.
#[cfg(unix)]
pub(crate) fn of_this_thread_us() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let (seconds, nanoseconds) = (time.tv_sec, time.tv_nsec);
    u64::try_from(seconds * 1_000_000 + nanoseconds / 1_000).unwrap_or(0)
}

#[cfg(not(unix))]
pub(crate) fn of_this_thread_us() -> u64 {
    0
}
