use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use bugle::{Clock, Error, Host, HostBuilder, Limits, Timestamp};

use super::Scene;
use crate::AppSource;

/// When every scene begins: some day in 2023.
const START: Timestamp = 1_700_000_000_000;

/// Longer than a child takes to become its program, on a busy machine.
const LOCK_PATIENCE: Duration = Duration::from_secs(10);

pub(super) type Configure = Arc<dyn Fn(HostBuilder) -> HostBuilder + Send + Sync>;

/// Sets a scene up.
#[must_use]
pub struct SceneBuilder {
    pub(super) apps: Vec<AppSource>,
    pub(super) is_on_disk: bool,
    pub(super) limits: Limits,
    pub(super) configure: Configure,
}

impl SceneBuilder {
    pub(super) fn new() -> Self {
        Self {
            apps: Vec::new(),
            is_on_disk: false,
            limits: Limits::default(),
            configure: Arc::new(|builder| builder),
        }
    }

    /// Adds an app; the first is the one that is meant where none is named.
    pub fn app(mut self, app: AppSource) -> Self {
        self.apps.push(app);
        self
    }

    /// Keeps everything on disk instead of in memory.
    pub fn on_disk(mut self) -> Self {
        self.is_on_disk = true;
        self
    }

    /// Sets limits from a text like `fuel=1000000,time-ms=200`.
    ///
    /// # Panics
    ///
    /// The text has no limits.
    pub fn limits(mut self, limits: &str) -> Self {
        self.limits.set_from_text(limits).expect("the test's limits can be");
        self
    }

    /// Sets anything else of the host, at every start.
    pub fn host(
        mut self,
        configure: impl Fn(HostBuilder) -> HostBuilder + Send + Sync + 'static,
    ) -> Self {
        self.configure = Arc::new(configure);
        self
    }

    /// Starts the host, installs the apps and opens their channels.
    ///
    /// # Errors
    ///
    /// The host does not start, or an app is not taken.
    pub fn start(self) -> anyhow::Result<Scene> {
        let folder = tempfile::tempdir()?;
        let mut scene = Scene {
            host: None,
            app: "com.example.none".parse()?,
            clock: Clock::manual(START),
            shown: Arc::default(),
            builder: self,
            leaves_triggers: false,
            folder,
        };
        scene.raise_curtain()?;
        for (at, app) in scene.builder.apps.clone().into_iter().enumerate() {
            let installed = scene.install(&app)?;
            if at == 0 {
                scene.app = installed.id().clone();
            }
        }
        Ok(scene)
    }
}

/// Builds a host. A child that another test has just started has the file of the lock of the host before
/// too, until it is the program that it is to be.
pub(super) fn build(builder: impl Fn() -> HostBuilder) -> Result<Host, Error> {
    let start = Instant::now();
    loop {
        match builder().build().wait() {
            Err(error) if error.code() == "store-locked" && start.elapsed() < LOCK_PATIENCE => {
                thread::yield_now();
            }
            built => return built,
        }
    }
}
