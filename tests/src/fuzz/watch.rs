//! The watchdog: a case that takes too long is written down, and ends the process.

use std::fs;
use std::path::Path;
use std::process;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::input;

/// What the process ends with at a case that hangs; 1 is what it ends with at findings.
const HANGS: i32 = 3;

/// Watches the cases of a target until it is dropped.
pub(super) struct Watch(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The case that is being tried, and since when.
    case: Option<(Instant, Vec<u8>)>,
    is_over: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    pub(super) fn begin(target: &str, time_max: Duration, findings: &Path) -> Self {
        let shared = Arc::new(Shared { state: Mutex::default(), changed: Condvar::new() });
        let (watched, target, findings) =
            (Arc::clone(&shared), target.to_owned(), findings.to_owned());
        thread::spawn(move || watch(&watched, &target, time_max, &findings));
        Self(shared)
    }

    /// A case begins.
    pub(super) fn case(&self, input: &[u8]) {
        // Not told to the thread, which looks often enough: a case may take microseconds.
        self.0.lock().case = Some((Instant::now(), input.to_vec()));
    }

    /// It is over.
    pub(super) fn over(&self) {
        self.0.lock().case = None;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.lock().is_over = true;
        self.0.changed.notify_one();
    }
}

fn watch(shared: &Shared, target: &str, time_max: Duration, findings: &Path) {
    let mut state = shared.lock();
    while !state.is_over {
        // A quarter of the time late at the most.
        let waited = shared.changed.wait_timeout(state, time_max / 4);
        state = waited.unwrap_or_else(PoisonError::into_inner).0;
        if let Some((since, input)) = &state.case
            && since.elapsed() > time_max
        {
            let file = input::write(findings, target, input);
            let file =
                file.map_or_else(|error| error.to_string(), |file| file.display().to_string());
            eprintln!("{target}: a case takes longer than {time_max:?}\n  {file}");
            end();
        }
    }
}

#[expect(clippy::exit, reason = "nothing else takes back the time of a thread that hangs")]
fn end() -> ! {
    process::exit(HANGS)
}

/// The peak of the process's resident memory so far, in MiB; 0 where the system does not tell.
pub(super) fn peak_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) / 1_024
}
