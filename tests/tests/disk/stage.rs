//! A store in a folder, and the shortest ways to push and run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use bugle_store::{
    Accept, AppInstall, AppKey, ChannelRecord, ChannelSetup, Claim, Digest, End, Ended, IfOpen,
    Location, OpenChannel, Reader, Reply, RunRecord, Store, StoreError, Turn, wait,
};
use bugle_task::{
    Allowances, Effects, Limits, Log, Mark, Measured, Name, Outcome, Permissions, RawNotification,
    ResumeWork, RunReport, RunResult, Seed, Settings, Timestamp, Toast, ToastEffect, Trigger,
    TriggerId, Usage, Value,
};

use crate::view::DONE;

/// What the apps' tasks are made of: a few pages of the database.
const COMPONENT: &[u8] = &[0x5a; 10_000];

/// Longer than a test takes to hand the store a few pushes.
const GATE_PATIENCE: Duration = Duration::from_secs(20);

pub(crate) type Done = Result<(), StoreError>;

/// A store with its user, who knows what was answered.
pub(crate) struct Stage {
    pub(crate) folder: PathBuf,
    pub(crate) store: Option<Store>,
    /// Beside the store: as long as it has a connection, the store's is not the last, and the log stays
    /// when that is closed.
    pub(crate) reader: Option<Reader>,
    pub(crate) mail: AppKey,
    pub(crate) news: AppKey,
    /// What is to be run.
    pub(crate) claims: Vec<Claim>,
    /// What each push became, by its number.
    pub(crate) ids: BTreeMap<u32, TriggerId>,
    pub(crate) channels: BTreeMap<&'static str, ChannelRecord>,
    pub(crate) now: Timestamp,
}

fn name(text: &str) -> Name {
    text.parse().expect("it is one")
}

/// What a push of a number carries.
fn content(number: u32, bytes: usize) -> Vec<u8> {
    let mut content = number.to_le_bytes().to_vec();
    content.resize(bytes.max(content.len()), 0x2e);
    content
}

/// The number of the push that is to be run.
fn number(claim: &Claim) -> u32 {
    match &claim.trigger {
        Trigger::RawNotification(push) => {
            push.content.0.first_chunk().map_or(0, |number| u32::from_le_bytes(*number))
        }
        _ => 0,
    }
}

impl Stage {
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            store: None,
            reader: None,
            mail: AppKey(0),
            news: AppKey(0),
            claims: Vec::new(),
            ids: BTreeMap::new(),
            channels: BTreeMap::new(),
            now: 0,
        }
    }

    pub(crate) fn open(&mut self) -> Done {
        let open = || Store::open(Location::Folder(self.folder.clone()), self.now);
        let (store, _) = loop {
            match open() {
                // A child that another test has just started has the lock's file too until it is the
                // program that it is to be.
                Err(StoreError::Locked { .. }) => thread::yield_now(),
                opened => break opened?,
            }
        };
        self.reader = Some(store.reader());
        self.store = Some(store);
        // They are another incarnation's by now.
        self.claims.clear();
        Ok(())
    }

    pub(crate) fn store(&self) -> Result<&Store, StoreError> {
        self.store.as_ref().ok_or(StoreError::Closed)
    }

    /// One transaction, and its answer.
    pub(crate) fn tx<T: Send + 'static>(
        &self,
        request: impl FnOnce(&Store, Reply<T>),
    ) -> Result<T, StoreError> {
        let store = self.store()?;
        wait(|reply| request(store, reply))
    }

    pub(crate) fn reader(&self) -> Result<&Reader, StoreError> {
        self.reader.as_ref().ok_or(StoreError::Closed)
    }

    /// Lets go of the store as a process does that ends without a word. What it has of the log stays.
    pub(crate) fn vanish(&mut self) {
        self.store = None;
    }

    /// Closes the store as it should be.
    pub(crate) fn close(&mut self) -> Done {
        self.reader = None;
        let Some(store) = self.store.take() else { return Ok(()) };
        wait(|reply| store.close(self.now, reply))
    }

    pub(crate) fn install(&self, id: &str) -> Result<AppKey, StoreError> {
        let install = AppInstall {
            id: id.parse().expect("it is one"),
            version: "1.0.0".into(),
            name: "App".into(),
            manifest: "{}".into(),
            tasks: vec![(name("task"), COMPONENT.into())],
            now: self.now,
        };
        self.tx(|store, reply| store.install(install, reply))
    }

    pub(crate) fn open_channel(
        &mut self,
        app: AppKey,
        called: &'static str,
        topic: Option<&str>,
    ) -> Done {
        let seed = u8::try_from(self.channels.len()).unwrap_or_default();
        let open = OpenChannel {
            app,
            name: name(called),
            now: self.now,
            expires_at: self.now + 1_000_000_000,
            setup: ChannelSetup {
                protocol: "plain".into(),
                sender_key: None,
                topic: topic.map(str::to_owned),
            },
            if_open: IfOpen::Keep,
            hash_of: Box::new(move |generation| {
                let mut hash = [seed; 32];
                hash[..4].copy_from_slice(&generation.to_le_bytes());
                hash
            }),
        };
        let channel = self.tx(|store, reply| store.open_channel(open, reply))?;
        self.channels.insert(called, channel);
        Ok(())
    }

    /// A push of a number, over a channel.
    fn push(&self, number: u32, channel: &str) -> Accept {
        let channel = self.channels.get(channel);
        Accept {
            app: channel.map_or(self.mail, |channel| channel.app),
            channel: channel.map(|channel| channel.key),
            generation: channel.map(|channel| channel.generation),
            name: None,
            task: name("task"),
            trigger: Trigger::RawNotification(RawNotification {
                channel: name("inbox"),
                content: content(number, 40).as_slice().into(),
                content_type: None,
                headers: Vec::new(),
                received_at: self.now,
            }),
            accepted_at: self.now,
            expires_at: None,
            attempts_max: 3,
            once: false,
            topic: None,
            replaces: None,
            sender: Some("sender".into()),
            tells_expiry: None,
            ends_toast: None,
        }
    }

    pub(crate) fn accept(
        &mut self,
        number: u32,
        channel: &str,
        change: impl FnOnce(&mut Accept),
    ) -> Done {
        let mut accept = self.push(number, channel);
        change(&mut accept);
        let accepted = self.tx(|store, reply| store.accept(accept, reply))?;
        self.ids.insert(number, accepted.id);
        self.claims.extend(accepted.claim);
        Ok(())
    }

    /// Accepts pushes that all arrive while the writer is busy, so that they share a transaction.
    pub(crate) fn accept_at_once(&mut self, pushes: &[(u32, &str)], bytes: usize) -> Done {
        let store = self.store()?;
        let (open, gate) = mpsc::channel();
        let (arrive, arrived) = mpsc::channel();
        store.release(self.mail, Vec::new(), move |_| {
            let _ = arrive.send(());
            let _ = gate.recv_timeout(GATE_PATIENCE);
        });
        // Before the writer is there, the first pushes could still share the transaction of the gate.
        let _ = arrived.recv();
        let (send, replies) = mpsc::channel();
        for (number, channel) in pushes {
            let mut accept = self.push(*number, channel);
            if let Trigger::RawNotification(push) = &mut accept.trigger {
                push.content = content(*number, bytes).as_slice().into();
            }
            let send = send.clone();
            store.accept(accept, move |reply| drop(send.send(reply)));
        }
        drop(send);
        // A writer that has gone is told by the replies.
        let _ = open.send(());
        let accepted = replies.iter().collect::<Result<Vec<_>, _>>()?;
        for ((number, _), accepted) in pushes.iter().zip(accepted) {
            self.ids.insert(*number, accepted.id);
            self.claims.extend(accepted.claim);
        }
        Ok(())
    }

    /// Gives a claim back.
    pub(crate) fn release(&mut self, push: u32) -> Done {
        let Some(at) = self.claims.iter().position(|claim| number(claim) == push) else {
            return Err(StoreError::Closed);
        };
        let claim = &self.claims[at];
        let (app, run) = (claim.app, claim.run);
        self.tx(|store, reply| store.release(app, vec![run], reply))?;
        self.claims.remove(at);
        Ok(())
    }

    pub(crate) fn claim(&mut self, app: AppKey, at_most: usize) -> Done {
        let claimed = self.tx(|store, reply| store.claim(app, at_most, self.now, reply))?;
        self.claims.extend(claimed.claims);
        Ok(())
    }

    pub(crate) fn claim_suspect(&mut self) -> Done {
        let claimed = self.tx(|store, reply| store.claim_suspect(self.now, reply))?;
        self.claims.extend(claimed.claims);
        Ok(())
    }

    /// Commits a turn with what came of pushes; those that are not named completed. Claims of the app that
    /// `is_in` does not take stay open.
    pub(crate) fn commit(
        &mut self,
        app: AppKey,
        is_in: impl Fn(u32) -> bool,
        end_of: impl Fn(u32) -> End,
        claim_next: usize,
    ) -> Done {
        let (settings, mut change) = self.reader()?.settings(app)?;
        let mut settings = settings;
        let mut runs = Vec::new();
        for claim in &self.claims {
            let push = number(claim);
            if claim.app != app || !is_in(push) {
                continue;
            }
            let end = end_of(push);
            let record = match &end {
                End::Completed => {
                    let effects = effects(push, &mut settings);
                    let record = record(change, Outcome::Completed, effects);
                    change += 1;
                    Some(record)
                }
                End::RetryAt(_) => {
                    let outcome = Outcome::Failed { message: "not now".into() };
                    Some(record(change, outcome, Effects::default()))
                }
                _ => None,
            };
            runs.push(Ended { run: claim.run, end, record });
        }
        let ended: Vec<_> = runs.iter().map(|ended| ended.run).collect();
        let turn = Turn { app, runs, now: self.now, claim_next };
        let committed = self.tx(|store, reply| store.commit(turn, reply))?;
        self.claims.retain(|claim| !ended.contains(&claim.run));
        self.claims.extend(committed.claims);
        Ok(())
    }

    /// Commits all claims of an app as completed.
    pub(crate) fn complete(&mut self, app: AppKey) -> Done {
        self.commit(app, |_| true, |_| End::Completed, 0)
    }
}

/// What the run of a push does, on what the runs before it left.
fn effects(push: u32, settings: &mut Settings) -> Effects {
    let mut raise = |path: String| {
        let before = match settings.get(&path) {
            Some(Value::Integer(before)) => *before,
            _ => 0,
        };
        let value = Some(Value::Integer(before + 1));
        settings.apply(&path, value.clone());
        ((path, value), before + 1)
    };
    let (done, _) = raise(format!("{DONE}{push}"));
    let (count, counted) = raise("count".into());
    let toast = Toast {
        title: format!("push {push}"),
        tag: push.is_multiple_of(2).then(|| "even".into()),
        ..Toast::default()
    };
    Effects {
        settings: [done, count].into(),
        settings_version: None,
        toasts: vec![ToastEffect::Show { toast }],
        badge: Some(Some(Mark::Number(u32::try_from(counted).unwrap_or_default()))),
        resume_work: vec![ResumeWork {
            key: format!("key {}", push % 3),
            content: content(push, 200).as_slice().into(),
        }],
    }
}

fn record(change_before: u64, outcome: Outcome, effects: Effects) -> RunRecord {
    let result = RunResult {
        outcome,
        effects,
        log: Log::default(),
        progress: None,
        usage: Usage { fuel: 12_345, ..Usage::default() },
        limits: Limits::default(),
    };
    RunRecord {
        started_at: 5,
        seed: Seed([7; 32]),
        change_before,
        badge: None,
        allowances: Allowances { toasts: 59 },
        permissions: Permissions::default(),
        app_version: "1.0.0".into(),
        component: Digest::of(COMPONENT),
        engine_hash: "engine".into(),
        report: RunReport { result, measured: Measured::default() },
    }
}
