use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use wasmtime::EngineWeak;

/// How often running guests are looked at: what they can overrun by, and no more often than the
/// system's own scheduler looks.
const TICK: Duration = Duration::from_millis(5);

/// Ticks without a run after which the thread rests until there is one: a second, so that an idle
/// host costs nothing and a busy one never waits for a wake-up.
const IDLE_TICKS_MAX: u32 = 200;

/// The one thread that advances the engine's epoch, while there are runs.
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: thread::Thread,
}

struct Shared {
    runs: AtomicUsize,
    is_resting: AtomicBool,
}

/// A run that the ticker ticks for.
pub(crate) struct Running<'a>(&'a Shared);

impl Ticker {
    pub(crate) fn start(engine: EngineWeak) -> Self {
        let shared =
            Arc::new(Shared { runs: AtomicUsize::new(0), is_resting: AtomicBool::new(false) });
        let weak = Arc::downgrade(&shared);
        let thread = thread::Builder::new()
            .name("bugle-ticker".to_owned())
            .spawn(move || tick(&engine, &weak))
            .expect("a process that cannot start its first thread cannot go on");
        Self { shared, thread: thread.thread().clone() }
    }

    pub(crate) fn running(&self) -> Running<'_> {
        self.shared.runs.fetch_add(1, Ordering::SeqCst);
        if self.shared.is_resting.load(Ordering::SeqCst) {
            self.thread.unpark();
        }
        Running(&self.shared)
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        // Awake, the thread sees that the engine is gone and ends.
        self.thread.unpark();
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.runs.fetch_sub(1, Ordering::SeqCst);
    }
}

fn tick(engine: &EngineWeak, shared: &Weak<Shared>) {
    let mut idle_ticks = 0;
    loop {
        thread::sleep(TICK);
        let (Some(engine), Some(shared)) = (engine.upgrade(), shared.upgrade()) else { return };
        engine.increment_epoch();
        idle_ticks = if shared.runs.load(Ordering::SeqCst) == 0 { idle_ticks + 1 } else { 0 };
        if idle_ticks < IDLE_TICKS_MAX {
            continue;
        }
        // Said before the last look: a run that begins now either is seen here or sees this.
        shared.is_resting.store(true, Ordering::SeqCst);
        let is_idle = shared.runs.load(Ordering::SeqCst) == 0;
        let rested = Arc::downgrade(&shared);
        drop((engine, shared));
        if is_idle {
            thread::park();
        }
        if let Some(shared) = rested.upgrade() {
            shared.is_resting.store(false, Ordering::SeqCst);
        }
        idle_ticks = 0;
    }
}
