//! A store with an app in it, and the shortest ways to push, run and look.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bugle_store::*;
use bugle_task::*;

pub(crate) const APP: &str = "com.example.mail";
pub(crate) const COMPONENT: &[u8] = b"\0asm: the mail task";

pub(crate) struct Scene {
    pub store: Store,
    pub app: AppKey,
    pub now: Timestamp,
    pub recovery: Recovery,
    folder: Option<tempfile::TempDir>,
}

pub(crate) fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

pub(crate) fn push(content: &[u8]) -> Trigger {
    Trigger::RawNotification(RawNotification {
        channel: name("inbox"),
        content: content.into(),
        content_type: Some("text/plain".into()),
        headers: Vec::new(),
        received_at: 1,
    })
}

pub(crate) fn set(path: &str, value: &str) -> (String, Option<Value>) {
    (path.to_owned(), Some(Value::Text(value.to_owned())))
}

pub(crate) fn toast(title: &str, tag: Option<&str>) -> ToastEffect {
    let toast = Toast { title: title.into(), tag: tag.map(str::to_owned), ..Toast::default() };
    ToastEffect::Show { toast }
}

pub(crate) fn record(change_before: u64, outcome: Outcome, effects: Effects) -> RunRecord {
    let result = RunResult {
        outcome,
        effects,
        log: Log {
            lines: vec![LogLine { level: Level::Info, message: "hello".into() }],
            ..Log::default()
        },
        progress: Some(100),
        usage: Usage { fuel: 12_345, host_calls: 7, ..Usage::default() },
        limits: Limits::default(),
    };
    RunRecord {
        started_at: 5,
        seed: Seed([7; 32]),
        change_before,
        badge: Some(Mark::Number(3)),
        allowances: Allowances { toasts: 59 },
        permissions: Permissions::default(),
        app_version: "1.0.0".into(),
        component: Digest::of(COMPONENT),
        engine_hash: "engine".into(),
        report: RunReport { result, measured: Measured { wall_us: 40, ..Measured::default() } },
    }
}

impl Scene {
    pub(crate) fn in_memory() -> Self {
        Self::open(Location::Memory, None)
    }

    pub(crate) fn in_a_folder() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self::open(Location::Folder(folder.path().join("data")), Some(folder))
    }

    fn open(location: Location, folder: Option<tempfile::TempDir>) -> Self {
        let (store, recovery) = Store::open(location, 1).expect("a store");
        let mut scene = Self { store, app: AppKey(0), now: 100, recovery, folder };
        scene.app = scene.install(APP, COMPONENT);
        scene
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.as_ref().expect("a scene in a folder").path().join("data")
    }

    /// Stops the host and starts it again: as it should be, or as if it had been killed.
    pub(crate) fn restart(self, is_clean: bool) -> Self {
        let Self { store, app, now, folder, .. } = self;
        let path = folder.as_ref().expect("a scene in a folder").path().join("data");
        if is_clean {
            wait(|reply| store.close(now, reply)).expect("closed");
        }
        drop(store);
        let (store, recovery) = Store::open(Location::Folder(path), now).expect("a store");
        Self { store, app, now, recovery, folder }
    }

    pub(crate) fn install(&self, id: &str, component: &[u8]) -> AppKey {
        let install = AppInstall {
            id: id.parse().expect("an id"),
            version: "1.0.0".into(),
            name: "Mail".into(),
            manifest: "{}".into(),
            tasks: vec![(name("task"), component.into())],
            now: self.now,
        };
        wait(|reply| self.store.install(install, reply)).expect("installed")
    }

    pub(crate) fn accept_of(&self) -> Accept {
        Accept {
            app: self.app,
            channel: None,
            generation: None,
            name: None,
            task: name("task"),
            trigger: push(b"hello"),
            accepted_at: self.now,
            expires_at: None,
            attempts_max: 3,
            once: false,
            topic: None,
            replaces: None,
            sender: None,
            tells_expiry: None,
            ends_toast: None,
        }
    }

    pub(crate) fn accept(&self) -> Accepted {
        wait(|reply| self.store.accept(self.accept_of(), reply)).expect("accepted")
    }

    /// Accepts a trigger and gives the claim that rode along.
    pub(crate) fn claim(&self) -> Claim {
        self.accept().claim.expect("nothing else waits")
    }

    pub(crate) fn claim_due(&self, at_most: usize) -> Claimed {
        wait(|reply| self.store.claim(self.app, at_most, self.now, reply)).expect("claimed")
    }

    pub(crate) fn claim_suspect(&self) -> Claimed {
        wait(|reply| self.store.claim_suspect(self.now, reply)).expect("claimed")
    }

    pub(crate) fn commit(&self, runs: Vec<Ended>) -> Result<Committed, StoreError> {
        let turn = Turn { app: self.app, runs, now: self.now, claim_next: 0 };
        wait(|reply| self.store.commit(turn, reply))
    }

    pub(crate) fn end(&self, run: RunId, end: End) -> Committed {
        self.commit(vec![Ended { run, end, record: None }]).expect("committed")
    }

    /// Accepts, runs and commits a push with these effects.
    pub(crate) fn run(&self, effects: Effects) -> (RunId, Committed) {
        let claim = self.claim();
        let (_, change) = self.store.reader().settings(self.app).expect("settings");
        let record = Some(record(change, Outcome::Completed, effects));
        let ended = Ended { run: claim.run, end: End::Completed, record };
        (claim.run, self.commit(vec![ended]).expect("committed"))
    }

    pub(crate) fn run_setting(&self, path: &str, value: &str) -> RunId {
        self.run(Effects { settings: [set(path, value)].into(), ..Effects::default() }).0
    }

    pub(crate) fn run_toasts(&self, toasts: Vec<ToastEffect>) -> Vec<ToastEvent> {
        self.run(Effects { toasts, ..Effects::default() }).1.events
    }

    pub(crate) fn values(&self) -> BTreeMap<String, Value> {
        let (settings, _) = self.store.reader().settings(self.app).expect("settings");
        settings.iter().map(|(path, value)| (path.to_owned(), value.clone())).collect()
    }

    pub(crate) fn check(&self) {
        assert_eq!(self.store.reader().check().expect("readable"), [], "invariants");
    }
}

pub(crate) fn mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("its owner's");
}
