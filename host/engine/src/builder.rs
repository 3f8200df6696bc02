use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use bugle_sandbox::{Allocation, Compiler, Sandbox};
use bugle_store::{Location, Store, StoreError, wait};
use bugle_task::{AppId, Limits, Quotas};
use cap_std::ambient_authority;
use cap_std::fs::Dir;

use crate::cache::Cache;
use crate::clock::Clock;
use crate::components::Components;
use crate::inner::Parts;
use crate::keys::Keys;
use crate::pending::{Pending, spawn};
use crate::pictures;
use crate::pool::Pool;
use crate::sink::Sink;
use crate::timers::Timers;
use crate::{Error, Host, Reader};

/// Sets a host up, step by step. What is not said has a default that holds.
#[must_use]
pub struct HostBuilder {
    location: Location,
    sinks: Vec<Box<dyn Sink>>,
    limits: Limits,
    quotas: Quotas,
    workers: Option<usize>,
    allocation: Allocation,
    compiler: Compiler,
    clock: Clock,
}

impl fmt::Debug for HostBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostBuilder").finish_non_exhaustive()
    }
}

impl Default for HostBuilder {
    fn default() -> Self {
        Self {
            location: Location::Memory,
            sinks: Vec::new(),
            limits: Limits::default(),
            quotas: Quotas::default(),
            workers: None,
            allocation: Allocation::default(),
            compiler: Compiler::InProcess,
            clock: Clock::system(),
        }
    }
}

impl HostBuilder {
    /// Keeps everything in a folder, which is made if it is not there. One host at a time can have
    /// it open.
    pub fn data_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.location = Location::Folder(folder.into());
        self
    }

    /// Keeps everything in memory, for tests and for apps that want no disk: the default.
    pub fn in_memory(mut self) -> Self {
        self.location = Location::Memory;
        self
    }

    /// Adds a place where toasts go.
    pub fn sink(mut self, sink: impl Sink) -> Self {
        self.sinks.push(Box::new(sink));
        self
    }

    /// What each run may use at most; a manifest may ask for less.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// What each app may use over time.
    pub fn quotas(mut self, quotas: Quotas) -> Self {
        self.quotas = quotas;
        self
    }

    /// How many apps run at once, not counting runs that go on for long: as many as there are
    /// processors, unless said.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers.max(1));
        self
    }

    /// How guests get their memory.
    pub fn allocation(mut self, allocation: Allocation) -> Self {
        self.allocation = allocation;
        self
    }

    /// Where components are compiled: in this process, unless said. To compile in a child process
    /// that dies at its limits, name a program that calls [`compile_child`](crate::compile_child).
    pub fn compiler(mut self, compiler: Compiler) -> Self {
        self.compiler = compiler;
        self
    }

    /// Reads the time from another clock than the system's.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Opens the store, recovers what an earlier host left, and begins to work.
    ///
    /// # Errors
    ///
    /// The limits cannot be held, the folder cannot be used or belongs to another host, or the engine
    /// cannot be set up.
    pub fn build(self) -> Pending<Host> {
        spawn("bugle-start", move || self.start())
    }

    fn start(self) -> Result<Host, Error> {
        self.limits.check()?;
        self.quotas.check()?;
        let folder = match &self.location {
            Location::Folder(folder) => Some(folder.clone()),
            Location::Memory => None,
        };
        let (store, recovery) = Store::open_with(self.location, &self.quotas, self.clock.now())?;
        let sandbox = Sandbox::new(self.allocation)?;
        let carried = recovery.carried.as_deref();
        let (keys, cache) = open_folder(folder.as_deref(), carried, &sandbox)?;
        if carried.is_some() {
            wait(|reply| store.forget_carried(reply))?;
        }
        let components = Arc::new(Components::new(sandbox, self.compiler, keys.clone(), cache));
        let reader = Reader::of(&store, folder);
        let (clock, limits, quotas) = (self.clock, self.limits, self.quotas);
        let host = Host::new(Parts { store, reader, components, keys, clock, limits, quotas });
        let inner = &host.inner;
        let clock_of_timers = Arc::downgrade(inner);
        inner.clock.on_move(move || {
            if let Some(inner) = clock_of_timers.upgrade() {
                inner.timers.wake();
            }
        });
        if recovery.unclean {
            tracing::info!(
                requeued = recovery.requeued,
                suspects = recovery.suspects.len(),
                "the host before did not stop cleanly; what was running runs again, alone first"
            );
        }
        if let Some(data_dir) = inner.reader.data_dir() {
            let named = |app: &AppId| inner.reader.pictures_of(app);
            if let Err(error) = pictures::sweep(data_dir, named) {
                tracing::warn!(%error, "pictures that no app names are still there");
            }
        }
        inner.timers.recover(recovery.apps.iter().map(|queue| (queue.app, queue.next_due)));
        // Before the timers, which let events go that every sink has had, of those that are known.
        for sink in self.sinks {
            host.has_thread(inner.deliveries.start(sink, inner)?);
        }
        host.has_thread(Timers::start(inner)?);
        let processors = || thread::available_parallelism().map_or(2, usize::from);
        Pool::add_workers(inner, self.workers.unwrap_or_else(processors))
            .map_err(|source| Error::Thread { source })?;
        Ok(host)
    }
}

fn open_folder(
    folder: Option<&Path>,
    carried: Option<&[u8]>,
    sandbox: &Sandbox,
) -> Result<(Keys, Option<Cache>), Error> {
    let Some(path) = folder else {
        let keys =
            Keys::passing().map_err(|source| Error::File { path: "memory".into(), source })?;
        return Ok((keys, None));
    };
    let open = || {
        let folder = Dir::open_ambient_dir(path, ambient_authority())?;
        if let Some(carried) = carried {
            Keys::take_over(&folder, carried)?;
        }
        Ok((Keys::open(&folder)?, Some(Cache::open(&folder, sandbox.engine_hash())?)))
    };
    // Whoever runs the host can mend it, and perhaps the next start finds it mended.
    open().map_err(|error: io::Error| {
        Error::Store(StoreError::Io { what: format!("`{}`: {error}", path.display()) })
    })
}
