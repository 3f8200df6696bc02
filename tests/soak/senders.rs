//! Those who push: at a pace once it is known, and again under the same name what was not answered.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bugle_tests::program::Connection;

use crate::fleet::Fleet;
use crate::pause;

/// Connections of each good app, which wait for each answer: more than share one sync of the disk.
const OF_GOOD: usize = 16;

/// Of each noisy app, whose runs take their time.
const OF_NOISY: usize = 2;

/// How long who is refused waits, or who finds no door: a tenth of what the host asks for, to keep it busy.
const REFUSED: Duration = Duration::from_millis(50);

/// A noisy app is pushed to so often, by each of its connections: more than it can run.
const NOISY_EVERY: Duration = Duration::from_millis(10);

/// What all senders share.
struct Shared {
    door: Mutex<Option<SocketAddr>>,
    /// Microseconds between two pushes of one connection to a good app; 0 while there is no pace.
    every_us: AtomicU64,
    is_over: AtomicBool,
}

pub(crate) struct Senders {
    shared: Arc<Shared>,
    good: usize,
    threads: Vec<JoinHandle<(usize, Done)>>,
}

/// What one connection has had accepted.
#[derive(Default)]
struct Done {
    accepted: u64,
    refused: u64,
}

/// What was accepted of each good app, and how often one was told to come again.
pub(crate) struct Sent {
    good: Vec<u64>,
    pub(crate) refused: u64,
}

impl Senders {
    pub(crate) fn start(fleet: &Fleet, door: SocketAddr) -> Self {
        let shared = Arc::new(Shared {
            door: Mutex::new(Some(door)),
            every_us: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
        });
        let good = fleet.good.len();
        let mut threads = Vec::new();
        for (at, app) in fleet.good.iter().chain(&fleet.bad).enumerate() {
            for connection in 0..if at < good { OF_GOOD } else { OF_NOISY } {
                let sender = Sender {
                    shared: Arc::clone(&shared),
                    path: app.path.clone(),
                    name: connection,
                    is_good: at < good,
                };
                threads.push(thread::spawn(move || (at, sender.send())));
            }
        }
        Self { shared, good, threads }
    }

    /// Sends so many pushes a second to all good apps together from now on.
    pub(crate) fn pace(&self, rate: f64) {
        #[expect(clippy::cast_precision_loss, reason = "some dozens")]
        let connections = (self.good * OF_GOOD) as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a positive number of microseconds"
        )]
        let every_us = (connections / rate * 1e6) as u64;
        self.shared.every_us.store(every_us.max(1), Ordering::Relaxed);
    }

    /// Where the host takes pushes now, if it does.
    pub(crate) fn lead_to(&self, door: Option<SocketAddr>) {
        *self.shared.door.lock().unwrap_or_else(PoisonError::into_inner) = door;
    }

    /// Sends nothing new; what was not answered is sent until it is.
    pub(crate) fn stop(self) -> Sent {
        self.shared.is_over.store(true, Ordering::Relaxed);
        let mut sent = Sent { good: vec![0; self.good], refused: 0 };
        for thread in self.threads {
            // One that panicked has said so, and what it had accepted is missed below.
            let Ok((at, done)) = thread.join() else { continue };
            if let Some(accepted) = sent.good.get_mut(at) {
                *accepted += done.accepted;
                sent.refused += done.refused;
            }
        }
        sent
    }
}

impl Sent {
    pub(crate) fn accepted(&self) -> u64 {
        self.good.iter().sum()
    }

    /// Holds what was accepted of each good app against what it has completed, and what is dead.
    pub(crate) fn hold_against(&self, kept: &[(u64, u64)]) -> Result<()> {
        for (at, (accepted, (completed, dead))) in self.good.iter().zip(kept).enumerate() {
            ensure!(
                *accepted == completed + dead,
                "of good app {at} {accepted} pushes were accepted, {completed} completed, and {dead} \
                 are dead"
            );
        }
        Ok(())
    }
}

struct Sender {
    shared: Arc<Shared>,
    path: String,
    /// Of its connection.
    name: usize,
    is_good: bool,
}

impl Sender {
    fn send(self) -> Done {
        let mut done = Done::default();
        let mut connection = None;
        let mut due = Instant::now();
        let mut is_unanswered = false;
        while is_unanswered && self.is_good || !self.shared.is_over.load(Ordering::Relaxed) {
            match self.push(&mut connection, done.accepted) {
                Some(201) => {
                    done.accepted += 1;
                    is_unanswered = false;
                    due = self.wait(due);
                }
                // Whether an earlier try was accepted is not known before there is room.
                Some(_) => {
                    done.refused += 1;
                    pause(REFUSED);
                }
                None => {
                    is_unanswered = true;
                    pause(REFUSED);
                }
            }
        }
        done
    }

    /// The status of the answer, if there is one.
    fn push(&self, connection: &mut Option<Connection>, number: u64) -> Option<u16> {
        let door = *self.shared.door.lock().unwrap_or_else(PoisonError::into_inner);
        let mut open = match connection.take() {
            Some(open) => open,
            None => Connection::to(door?).ok()?,
        };
        let name = format!("idempotency-key: \"{}-{number}\"\r\n", self.name);
        open.send_push(&self.path, &name, b"-").ok()?;
        let answer = open.answer().ok()?;
        *connection = Some(open);
        Some(answer.status)
    }

    /// Waits until the next push is due. Who is behind has lost its turns: it is no burst.
    fn wait(&self, due: Instant) -> Instant {
        let every_us = self.shared.every_us.load(Ordering::Relaxed);
        let every = if self.is_good { Duration::from_micros(every_us) } else { NOISY_EVERY };
        let next = (due + every).max(Instant::now());
        pause(next.saturating_duration_since(Instant::now()));
        next
    }
}
