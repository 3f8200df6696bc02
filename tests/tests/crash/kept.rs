use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use bugle::{
    AppId, DeadReason, Host, JsonLinesSink, Mark, Settings, ToastChange, TriggerId, Value,
};
use bugle_tests::tally;

use crate::senders::{Channel, Said};

/// Longer than the last host takes for all that the killed ones left, on a busy machine: thousands of runs,
/// which stand back.
const SETTLE_PATIENCE: Duration = Duration::from_secs(180);

/// What the data folder has when nothing is left to do.
pub(crate) struct Kept {
    /// Pushes that were running at three kills in a row.
    pub(crate) given_up: BTreeSet<TriggerId>,
    apps: BTreeMap<AppId, App>,
}

struct App {
    /// By setting, the numbers of the pushes whose effects were committed, in that order.
    tallies: BTreeMap<String, Vec<u32>>,
    count: i64,
    badge: Option<Mark>,
    toasts: Vec<String>,
}

/// Takes what a sink writes.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Kept {
    /// Opens the data folder, this time as an embedder does, lets it do all that is left, and reads
    /// it.
    pub(crate) fn after(
        data: &Path,
        channels: &[Channel],
        said: &mut Said,
    ) -> anyhow::Result<Self> {
        let page = Page::default();
        let sink = JsonLinesSink::new(page.clone());
        let host = Host::builder().data_dir(data).sink(sink).build().wait()?;
        let given_up = settle(&host)?;
        let violations = host.reader().check()?;
        ensure!(violations.is_empty(), "the store is not sound: {violations:?}");
        let read = |channel: &Channel| Ok((channel.app.clone(), App::read(&host, &channel.app)?));
        let apps = channels.iter().map(read).collect::<anyhow::Result<_>>()?;
        host.shutdown().wait()?;
        let lines = page.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let lines: Vec<String> = String::from_utf8(lines)?.lines().map(str::to_owned).collect();
        said.deliver(&lines)?;
        Ok(Self { given_up, apps })
    }

    pub(crate) fn hold_against(&self, said: &Said, channels: &[Channel]) -> anyhow::Result<()> {
        self.every_push_once(said)?;
        for Channel { app: id, .. } in channels {
            let app = &self.apps[id];
            app.all_or_nothing().with_context(|| id.to_string())?;
            app.in_order(said, &self.given_up).with_context(|| id.to_string())?;
            app.delivered(id, said).with_context(|| id.to_string())?;
        }
        Ok(())
    }

    /// What was accepted had its effects, and nothing had them twice.
    fn every_push_once(&self, said: &Said) -> anyhow::Result<()> {
        let sent = said.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let mut seen = BTreeSet::new();
        for (id, app) in &self.apps {
            for (setting, tallies) in &app.tallies {
                for number in tallies {
                    ensure!(seen.insert(*number), "push {number} had its effects twice");
                    let push = sent.get(number).with_context(|| format!("push {number}: none"))?;
                    let is_its_own = push.app == *id && push.setting == *setting;
                    ensure!(is_its_own, "push {number} is in {setting} of {id}: {push:?}");
                }
            }
        }
        let accepted = sent.iter().filter(|(_, push)| push.accepted.is_some());
        let lost: Vec<_> = accepted.filter(|(number, _)| !seen.contains(number)).collect();
        ensure!(lost.is_empty(), "{} pushes were accepted and lost: {lost:?}", lost.len());
        Ok(())
    }
}

impl App {
    fn read(host: &Host, id: &AppId) -> anyhow::Result<Self> {
        let reader = host.reader();
        let settings: Settings = reader.settings(id)?;
        let mut tallies = BTreeMap::new();
        let mut count = 0;
        for (path, value) in settings.iter() {
            match value {
                Value::Integer(value) if path == "count" => count = *value,
                Value::Bytes(bytes) => {
                    tallies.insert(path.to_owned(), tally::numbers(&bytes.0));
                }
                _ => bail!("the task has no setting `{path}` of this kind: {value:?}"),
            }
        }
        let toasts = reader.toasts(Some(id))?;
        let toasts = toasts.into_iter().map(|shown| shown.toast.title).collect();
        Ok(Self { tallies, count, badge: reader.badge(id)?, toasts })
    }

    /// The count of runs, which each run sets last, is that of the numbers, which it sets first.
    fn all_or_nothing(&self) -> anyhow::Result<()> {
        let runs: usize = self.tallies.values().map(Vec::len).sum();
        ensure!(self.count == i64::try_from(runs)?, "{runs} runs counted {}", self.count);
        let badge = Some(Mark::Number(u32::try_from(runs)?)).filter(|_| runs > 0);
        ensure!(self.badge == badge, "{runs} runs have the badge {:?}", self.badge);
        Ok(())
    }

    /// Pushes were committed in the order in which they were accepted, those aside that had been
    /// given up in between.
    fn in_order(&self, said: &Said, given_up: &BTreeSet<TriggerId>) -> anyhow::Result<()> {
        let sent = said.sent.lock().unwrap_or_else(PoisonError::into_inner);
        for (setting, tallies) in &self.tallies {
            let triggers = tallies.iter().filter_map(|number| sent.get(number)?.accepted);
            let triggers: Vec<u64> =
                triggers.filter(|id| !given_up.contains(&TriggerId(*id))).collect();
            ensure!(triggers.is_sorted(), "not in accept order in {setting}: {triggers:?}");
        }
        Ok(())
    }

    /// Each run changed the badge once and each toast was raised once, and all of it was delivered.
    fn delivered(&self, id: &AppId, said: &Said) -> anyhow::Result<()> {
        let events = said.delivered.values().filter(|event| event.app_id == *id);
        let (mut badges, mut shown) = (Vec::new(), Vec::new());
        for event in events {
            match &event.change {
                ToastChange::Badge { mark: Some(Mark::Number(number)) } => {
                    badges.push(i64::from(*number));
                }
                ToastChange::Show { toast, .. } => shown.push(toast.title.clone()),
                other => bail!("the task does no such thing: {other:?}"),
            }
        }
        ensure!(badges.iter().copied().eq(1..=self.count), "badges were delivered: {badges:?}");
        ensure!(shown == self.toasts, "kept {:?}, delivered {shown:?}", self.toasts);
        let sent = said.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let tallies = self.tallies.values().flatten();
        let asked = tallies.filter_map(|number| sent.get(number)?.toast.clone());
        let (asked, kept): (BTreeSet<_>, BTreeSet<_>) =
            (asked.collect(), shown.iter().cloned().collect());
        ensure!(asked == kept, "toasts asked for {asked:?}, kept {kept:?}");
        Ok(())
    }
}

/// Waits until nothing waits; gives what had been given up. A push that was running at three kills
/// in a row is a dead letter, as it should be, and is tried again as its owner would.
fn settle(host: &Host) -> anyhow::Result<BTreeSet<TriggerId>> {
    let start = Instant::now();
    let mut given_up = BTreeSet::new();
    loop {
        host.settled().wait()?;
        let dead = host.reader().dead(None)?;
        for letter in &dead {
            let reason = letter.reason;
            ensure!(reason == DeadReason::HostCrashed, "{letter:?} is dead");
            host.retry_dead(letter.id).wait()?;
            given_up.insert(letter.id);
        }
        let totals = host.reader().totals()?;
        if dead.is_empty() && totals.waiting + totals.claimed == 0 {
            return Ok(given_up);
        }
        ensure!(start.elapsed() < SETTLE_PATIENCE, "not settled: {totals:?}");
    }
}
