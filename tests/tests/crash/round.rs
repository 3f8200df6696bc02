use std::hint;
use std::process::Stdio;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use bugle_tests::program::{Daemon, Place};

use crate::chance::Chance;
use crate::senders::{self, Channel, Said};

/// What the host tells before it begins with each verb, as its log has it.
const MARK: &str = " bugle::way: ";

/// How many verbs of a kind may pass before the kill: some kills come while what was before is
/// recovered, some under full load.
const VERBS_TO_PASS: u64 = 40;

/// How long after the verb's beginning the kill comes at most: a commit takes longer, so that all of
/// it is reached.
const DELAY_US: u64 = 400;

/// How long a round waits for its verb: longer than a host takes to do all that is left.
const VERB_PATIENCE: Duration = Duration::from_secs(10);

/// When a program that has only just been started is killed: until it takes pushes, and after.
const START_US: u64 = 80_000;

/// The five verbs of a push's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Accept,
    Claim,
    Run,
    Commit,
    Deliver,
}

/// A host's life, from its start to its kill.
pub(crate) struct Round<'a> {
    pub(crate) number: usize,
    /// In which verb the kill should come.
    pub(crate) aim: Verb,
    pub(crate) channels: &'a [Channel],
}

pub(crate) struct Ended {
    pub(crate) started_in: Duration,
    /// The last verb that the host told of.
    pub(crate) verb: Option<Verb>,
    /// Runs of pushes that an earlier host had claimed already.
    pub(crate) again: usize,
}

impl Verb {
    pub(crate) const ALL: [Self; 5] =
        [Self::Accept, Self::Claim, Self::Run, Self::Commit, Self::Deliver];

    /// The verb that a line of the log tells of.
    fn told(line: &str) -> Option<Self> {
        let (_, told) = line.split_once(MARK)?;
        match told.split(' ').next()? {
            "accept" => Some(Self::Accept),
            "claim" => Some(Self::Claim),
            "run" => Some(Self::Run),
            "commit" => Some(Self::Commit),
            "deliver" => Some(Self::Deliver),
            _ => None,
        }
    }
}

impl Round<'_> {
    pub(crate) fn play(
        &self,
        place: &Place,
        chance: &mut Chance,
        said: &mut Said,
    ) -> anyhow::Result<Ended> {
        let (daemon, reached) = self.start(place, chance.below(VERBS_TO_PASS))?;
        let started_in = daemon.started_in();
        let delay = Duration::from_micros(chance.below(DELAY_US));
        let senders = 1 + chance.below(2 * self.channels.len() as u64);
        let door = daemon.door();
        let (lines, log) = thread::scope(|scope| {
            let senders: Vec<_> = senders::all(self.number, self.channels, senders, said)
                .into_iter()
                .map(|sender| scope.spawn(move || sender.push_until_killed(door)))
                .collect();
            if reached.recv_timeout(VERB_PATIENCE) == Err(RecvTimeoutError::Timeout) {
                bail!("the host never came to {:?}", self.aim);
            }
            spin(delay);
            let killed = daemon.kill();
            for sender in senders {
                let refused = sender.join().ok().context("a sender panicked")?;
                ensure!(refused.is_none(), "a push was refused: {refused:?}");
            }
            killed
        })?;
        said.deliver(&lines)?;
        let again = log.lines().filter(|line| Verb::told(line) == Some(Verb::Run));
        let again = again.filter(|line| !line.ends_with(".1")).count();
        Ok(Ended { started_in, verb: log.lines().rev().find_map(Verb::told), again })
    }

    /// Starts the host; the receiver is told when it has begun with its verb often enough.
    fn start(&self, place: &Place, to_pass: u64) -> anyhow::Result<(Daemon, Receiver<()>)> {
        let args = ["serve", "--listen", "127.0.0.1:0", "--json"];
        let mut command = place.command(args)?;
        command.env("RUST_LOG", "warn,bugle::way=trace");
        let (aim, mut left) = (self.aim, to_pass);
        let (reach, reached) = mpsc::channel();
        let see = move |line: String| {
            if Verb::told(&line) == Some(aim) {
                match left.checked_sub(1) {
                    Some(less) => left = less,
                    // Only the first matters.
                    None => drop(reach.send(())),
                }
            }
            line
        };
        Ok((Daemon::start(command, see)?, reached))
    }
}

/// Kills a host while it starts, wherever it is then.
pub(crate) fn kill_at_start(place: &Place, chance: &mut Chance) -> anyhow::Result<()> {
    let mut command = place.command(["serve", "--listen", "127.0.0.1:0", "--sink", "terminal"])?;
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    spin(Duration::from_micros(chance.below(START_US)));
    child.kill()?;
    child.wait()?;
    Ok(())
}

/// Waits more exactly than a sleep would.
fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        hint::spin_loop();
    }
}
