//! What the writer was asked for and has not done yet, by app.

use std::collections::{BTreeSet, HashMap, VecDeque};

use crate::AppKey;
use crate::inbox::Outlet;
use crate::writer::{Kind, Request};

/// The most requests in one transaction: enough that a sync costs each of them little, few enough
/// that the first does not wait long for the last (256 take about 10 ms).
const BATCH_MAX: usize = 256;

/// Units in one transaction of those who are not quiet, while somebody is: who comes meanwhile waits for a
/// third of a millisecond of their work, which is about what the sync takes.
const SHARED_UNITS_MAX: u64 = 6;

/// Units in one transaction of those who are quiet: a burst of theirs shares a sync, and holds up others who
/// are quiet for under a millisecond.
const QUIET_SHARED_UNITS_MAX: u64 = 16;

/// What others have in a transaction with something of one who is quiet, and waits for all of it. Whoever is
/// not quiet has had less than the others at last, and a transaction of its own.
const BESIDE_QUIET_UNITS_MAX: u64 = 2;

/// A first request of at most so many units has room in any transaction: an accept, or the end of a run.
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

    /// One row of an app.
    pub(crate) fn small(app: AppKey) -> Self {
        Self::of(app, 1, 0)
    }

    /// Nothing at all: a call that has something done on the writer's thread.
    pub(crate) fn none() -> Self {
        Self { app: NOBODY, units: 0 }
    }

    /// What names no app, which has a line of its own.
    pub(crate) fn nobodys() -> Self {
        Self::of(NOBODY, NOBODYS_ROWS, 0)
    }
}

/// What housekeeping does at once, and an installation.
const NOBODYS_ROWS: usize = 8;

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
    fn add(&mut self, units: u64, stretch: u64) {
        if self.stretch != stretch {
            self.before = if self.stretch + 1 == stretch { self.now } else { 0 };
            self.now = 0;
            self.stretch = stretch;
        }
        self.now += units;
    }

    fn is_quiet(&self, stretch: u64) -> bool {
        let had = match stretch - self.stretch {
            0 => self.before + self.now,
            1 => self.now,
            _ => 0,
        };
        had < QUIET_UNITS
    }
}

/// The requests by app. Who has had the least of the writer comes first, so that an app that asks for
/// much holds up itself, and one that asks for little nobody.
pub(crate) struct Waiting {
    /// What was taken of them last: empty but while it is put into the lines.
    came: Vec<Box<dyn Request>>,
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
    /// What came after that, to be answered when all is over.
    late: Vec<Box<dyn Request>>,
    /// The last field: what is in it came after all of those, and is answered after them.
    requests: Outlet,
}

impl Waiting {
    pub(crate) fn new(requests: Outlet) -> Self {
        Self {
            came: Vec::new(),
            lines: HashMap::new(),
            order: BTreeSet::new(),
            level: 0,
            batches: 0,
            units: 0,
            quiet_until: 0,
            close: None,
            late: Vec::new(),
            requests,
        }
    }

    /// Waits until there is something to do. False when nobody is left to ask for anything.
    pub(crate) fn wait(&mut self) -> bool {
        let has_work = !self.order.is_empty() || self.close.is_some();
        let mut came = std::mem::take(&mut self.came);
        let is_open = self.requests.take(&mut came, !has_work);
        for request in came.drain(..) {
            self.add(request);
        }
        self.came = came;
        is_open || has_work
    }

    fn add(&mut self, request: Box<dyn Request>) {
        if self.close.is_some() {
            self.late.push(request);
            return;
        }
        if request.kind() == Kind::Close {
            self.close = Some(request);
            return;
        }
        let app = request.share().app;
        let line = self.lines.entry(app).or_default();
        if app != NOBODY && line.lately.is_quiet(self.units / LATELY_UNITS) {
            self.quiet_until = self.units + LATELY_UNITS;
        }
        if line.requests.is_empty() {
            line.had = line.had.max(self.level);
            self.order.insert((line.had, app));
        }
        line.requests.push_back(request);
    }

    /// What the next transaction does: as much as there is room for, of whoever has had least first, and of
    /// each other app that waits its first request, if that is small. Empty if nothing waits.
    pub(crate) fn take(&mut self) -> Vec<Box<dyn Request>> {
        self.batches += 1;
        let is_shared = self.units < self.quiet_until;
        let mut left = if is_shared { SHARED_UNITS_MAX } else { u64::MAX };
        let mut left_to_quiet = QUIET_SHARED_UNITS_MAX;
        let mut batch = Vec::new();
        while batch.len() < BATCH_MAX
            && let Some(&(_, app)) = self.order.first()
            && let Some(units) = self.first_units(app)
        {
            let room = if is_shared && self.is_quiet(app) {
                left = left.min(BESIDE_QUIET_UNITS_MAX);
                &mut left_to_quiet
            } else {
                &mut left
            };
            if units > *room && !batch.is_empty() {
                break;
            }
            *room = room.saturating_sub(units);
            batch.extend(self.take_first(app));
        }
        let is_small = |app| self.first_units(app).is_some_and(|units| units <= SMALL_UNITS_MAX);
        let is_new = |app| self.lines.get(&app).is_some_and(|line| line.batch < self.batches);
        let others = self.order.iter().map(|(_, app)| *app);
        let others = others.filter(|app| is_new(*app) && is_small(*app));
        let others: Vec<AppKey> = others.take(BATCH_MAX - batch.len()).collect();
        for app in others {
            batch.extend(self.take_first(app));
        }
        self.forget_lines();
        batch
    }

    /// Whether an app has had little lately.
    fn is_quiet(&self, app: AppKey) -> bool {
        let stretch = self.units / LATELY_UNITS;
        app != NOBODY && self.lines.get(&app).is_some_and(|line| line.lately.is_quiet(stretch))
    }

    /// The units of the first request of a line.
    fn first_units(&self, app: AppKey) -> Option<u64> {
        Some(self.lines.get(&app)?.requests.front()?.share().units)
    }

    /// Takes the first request of a line, and puts the line where it belongs then.
    fn take_first(&mut self, app: AppKey) -> Option<Box<dyn Request>> {
        let line = self.lines.get_mut(&app)?;
        let request = line.requests.pop_front()?;
        let units = request.share().units;
        self.order.remove(&(line.had, app));
        self.level = self.level.max(line.had);
        line.batch = self.batches;
        line.had += units;
        line.lately.add(units, self.units / LATELY_UNITS);
        self.units += units;
        if !line.requests.is_empty() {
            self.order.insert((line.had, app));
        }
        Some(request)
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
