//! What the system says of a process: its memory, its open files, and what it has written. Where there
//! is no `/proc`, all of it is 0, and what is compared with it holds.

use std::fs;

/// A process, looked at from the outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process(u32);

impl Process {
    /// The one of this number.
    #[must_use]
    pub fn of(number: u32) -> Self {
        Self(number)
    }

    /// This one.
    #[must_use]
    pub fn own() -> Self {
        Self(std::process::id())
    }

    /// Whether it is there, and no corpse.
    #[must_use]
    pub fn is_alive(self) -> bool {
        // Of a process that has ended and was not waited for there is a status, but no memory.
        self.resident_kib() > 0
    }

    /// Memory that it has, in KiB.
    #[must_use]
    pub fn resident_kib(self) -> u64 {
        self.number("status", "VmRSS:")
    }

    /// The most that it ever had, or since it was asked to forget, in KiB.
    #[must_use]
    pub fn resident_peak_kib(self) -> u64 {
        self.number("status", "VmHWM:")
    }

    /// Forgets the peak of resident memory so far; what is resident now, in KiB.
    #[must_use]
    pub fn resident_peak_from_now(self) -> u64 {
        // Where the peak cannot be reset, an earlier and higher one hides a lower one: nothing fails
        // that should not.
        let _ = fs::write(format!("/proc/{}/clear_refs", self.0), "5");
        self.resident_peak_kib()
    }

    /// Files, sockets and pipes that it has open.
    #[must_use]
    pub fn open_files(self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.0)).map_or(0, Iterator::count)
    }

    /// All bytes that it has written so far, in KiB: to files, and also to sockets and pipes.
    #[must_use]
    pub fn written_kib(self) -> u64 {
        self.number("io", "wchar:") / 1_024
    }

    fn number(self, file: &str, name: &str) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/{file}", self.0)).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
    }
}
