//! What the writer was asked for and has not done yet, by app.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::mpsc::Receiver;

use crate::AppKey;
use crate::writer::{Kind, Request};

/// The most requests in one transaction: enough that a sync costs each of them little, few enough
/// that the first does not wait long for the last (256 take about 10 ms).
const BATCH_MAX: usize = 256;

/// Units of work in one transaction while somebody is quiet: what comes meanwhile waits for under a
/// millisecond of others' work, and the sync costs no more than the work does.
const SHARED_UNITS_MAX: u64 = 16;

/// A request of at most so many units never waits for another transaction because of what others ask
/// for: an accept, or the end of a run.
const SMALL_UNITS_MAX: u64 = 2;

/// Work that is remembered, in units: a fifth of a second of it.
const LATELY_UNITS: u64 = 4_096;

/// Who has had fewer of these is quiet, and the others' transactions are kept short for it.
const QUIET_UNITS: u64 = LATELY_UNITS / 32;

/// Lines that are kept although nothing waits in them, before those that need not be are let go.
const EMPTY_LINES_MAX: usize = 256;

/// What takes as long to write as a row does, about 50 µs.
const UNIT_BYTES: usize = 16 * 1024;

/// Whose a request is, and how much of the writer's time it takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    app: AppKey,
    units: u64,
}

impl Share {
    /// So many rows with so many bytes in them.
    pub(crate) fn of(app: AppKey, rows: usize, bytes: usize) -> Self {
        Self { app, units: (rows.max(1) + bytes / UNIT_BYTES) as u64 }
    }

    /// One row of an app, or of no app: these have a line of their own.
    pub(crate) fn small(app: Option<AppKey>) -> Self {
        Self::of(app.unwrap_or(NOBODY), 1, 0)
    }
}

/// No app has this number.
const NOBODY: AppKey = AppKey(0);

/// One app's requests, in the order in which it made them.
#[derive(Default)]
struct Line {
    requests: VecDeque<Box<dyn Request>>,
    /// Units that it has had, as if it had always asked.
    had: u64,
    /// The last batch that has something of it.
    batch: u64,
    lately: Lately,
}

/// Units that a line has had in this stretch of work, and in the one before.
#[derive(Default)]
struct Lately {
    stretch: u64,
    now: u64,
    before: u64,
}

impl Lately {
    /// What the line has had, and as much as it has now.
    fn add(&mut self, units: u64, stretch: u64) -> u64 {
        if self.stretch != stretch {
            self.before = if self.stretch + 1 == stretch { self.now } else { 0 };
            self.now = 0;
            self.stretch = stretch;
        }
        self.now += units;
        self.before + self.now
    }
}

/// The requests by app. Who has had the least of the writer comes first, so that an app that asks for
/// much holds up itself, and one that asks for little nobody.
pub(crate) struct Waiting {
    requests: Receiver<Box<dyn Request>>,
    lines: HashMap<AppKey, Line>,
    /// The lines in which something waits, by what they have had.
    order: BTreeSet<(u64, AppKey)>,
    /// What the line had that came last. Who asks again after a while starts here, so that nobody saves
    /// up for later.
    level: u64,
    /// Batches so far.
    batches: u64,
    /// Units so far.
    units: u64,
    /// Until there are so many, somebody is quiet.
    quiet_until: u64,
    close: Option<Box<dyn Request>>,
}

impl Waiting {
    pub(crate) fn new(requests: Receiver<Box<dyn Request>>) -> Self {
        Self {
            requests,
            lines: HashMap::new(),
            order: BTreeSet::new(),
            level: 0,
            batches: 0,
            units: 0,
            quiet_until: 0,
            close: None,
        }
    }

    /// Waits until there is something to do. False when nobody is left to ask for anything.
    pub(crate) fn wait(&mut self) -> bool {
        if self.order.is_empty() && self.close.is_none() {
            let Ok(request) = self.requests.recv() else { return false };
            self.add(request);
        }
        while self.close.is_none()
            && let Ok(request) = self.requests.try_recv()
        {
            self.add(request);
        }
        true
    }

    fn add(&mut self, request: Box<dyn Request>) {
        if request.kind() == Kind::Close {
            self.close = Some(request);
            return;
        }
        let app = request.share().app;
        let line = self.lines.entry(app).or_default();
        if app != NOBODY && line.lately.add(0, self.units / LATELY_UNITS) < QUIET_UNITS {
            self.quiet_until = self.units + LATELY_UNITS;
        }
        if line.requests.is_empty() {
            line.had = line.had.max(self.level);
            self.order.insert((line.had, app));
        }
        line.requests.push_back(request);
    }

    /// What the next transaction does: of each app that waits one small request at least, and more
    /// while there is room. Empty if nothing waits.
    pub(crate) fn take(&mut self) -> Vec<Box<dyn Request>> {
        self.batches += 1;
        let mut left = if self.units < self.quiet_until { SHARED_UNITS_MAX } else { u64::MAX };
        let mut batch = Vec::new();
        while batch.len() < BATCH_MAX
            && let Some(&(had, app)) = self.order.first()
            && let Some(line) = self.lines.get_mut(&app)
            && let Some(request) = line.requests.front()
        {
            let units = request.share().units;
            let is_free = line.batch < self.batches && units <= SMALL_UNITS_MAX;
            if units > left && !batch.is_empty() && !is_free {
                break;
            }
            left = left.saturating_sub(units);
            line.batch = self.batches;
            line.had += units;
            line.lately.add(units, self.units / LATELY_UNITS);
            self.units += units;
            batch.extend(line.requests.pop_front());
            self.level = self.level.max(had);
            self.order.pop_first();
            if !line.requests.is_empty() {
                self.order.insert((line.had, app));
            }
        }
        self.forget_lines();
        batch
    }

    /// Lets lines go that would start where everybody starts.
    fn forget_lines(&mut self) {
        if self.lines.len() - self.order.len() > EMPTY_LINES_MAX {
            let level = self.level;
            self.lines.retain(|_, line| !line.requests.is_empty() || line.had > level);
        }
    }

    /// The request with which it ends, once there is nothing before it.
    pub(crate) fn take_close(&mut self) -> Option<Box<dyn Request>> {
        self.close.take_if(|_| self.order.is_empty())
    }
}
