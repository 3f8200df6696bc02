use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, ensure};
use bugle::{AppId, ToastChange, ToastEvent, ToastId};
use bugle_tests::program::{Answer, Connection};
use bugle_tests::tally;

/// The most numbers that a setting of the task has room for.
const PUSHES_MAX: usize = 2_048;

/// The most toasts that an app is made to raise, below what it may in an hour.
const TOASTS_MAX: usize = 50;

/// Where an app takes pushes.
pub(crate) struct Channel {
    pub(crate) app: AppId,
    pub(crate) path: String,
}

/// One push, and what its sender was told.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) app: AppId,
    /// The setting that its number goes to.
    pub(crate) setting: String,
    /// What it raises.
    pub(crate) toast: Option<String>,
    /// Its trigger's number, if it was accepted for all its sender knows.
    pub(crate) accepted: Option<u64>,
}

/// Everything that the host said to the outside.
#[derive(Default)]
pub(crate) struct Said {
    /// By the push's number.
    pub(crate) sent: Arc<Mutex<BTreeMap<u32, Sent>>>,
    /// Events that were delivered, by their number.
    pub(crate) delivered: BTreeMap<u64, ToastEvent>,
    /// What the toast of an id is.
    shown: BTreeMap<ToastId, ToastEvent>,
}

pub(crate) struct Sender {
    app: AppId,
    path: String,
    setting: String,
    pushes: usize,
    /// Whether the first push raises a toast.
    toasts: bool,
    sent: Arc<Mutex<BTreeMap<u32, Sent>>>,
}

/// The senders of a round. Apps have one or more, or none.
pub(crate) fn all(round: usize, channels: &[Channel], senders: u64, said: &Said) -> Vec<Sender> {
    let senders = usize::try_from(senders).unwrap_or(1);
    let of_app = senders.div_ceil(channels.len());
    let sender = |number: usize| {
        let channel = &channels[(round + number) % channels.len()];
        Sender {
            app: channel.app.clone(),
            path: channel.path.clone(),
            setting: format!("r{round:07}"),
            pushes: PUSHES_MAX / of_app,
            toasts: number < channels.len() && said.toasts_of(&channel.app) < TOASTS_MAX,
            sent: Arc::clone(&said.sent),
        }
    };
    (0..senders).map(sender).collect()
}

impl Sender {
    /// Sends one push after another, and notes each before and after. Gives an answer that was not
    /// 201: a host that lives refuses none of them.
    pub(crate) fn push_until_killed(&self, door: SocketAddr) -> Option<Answer> {
        let mut connection = Connection::to(door).ok()?;
        for place in 0..self.pushes {
            let (number, content) = self.note(place);
            // No answer is the kill.
            let answer = connection.push(&self.path, &content).ok()?;
            let trigger = answer.header("bugle-trigger").and_then(|id| id.strip_prefix("trigger-"));
            let Some(trigger) = trigger.and_then(|id| id.parse().ok()) else { return Some(answer) };
            let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
            sent.entry(number).and_modify(|sent| sent.accepted = Some(trigger));
        }
        None
    }

    /// Notes a push that is about to be sent; its number and its content.
    fn note(&self, place: usize) -> (u32, Vec<u8>) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let number = sent.last_key_value().map_or(0, |(last, _)| last + 1);
        let toast = (self.toasts && place == 0).then(|| format!("push {number}"));
        let title = toast.clone().unwrap_or_default();
        let content = tally::push(&self.setting, number, &title);
        let (app, setting) = (self.app.clone(), self.setting.clone());
        sent.insert(number, Sent { app, setting, toast, accepted: None });
        (number, content)
    }
}

impl Said {
    pub(crate) fn accepted(&self) -> usize {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.values().filter(|sent| sent.accepted.is_some()).count()
    }

    /// Notes a push, to the setting `settings`, that was accepted as this trigger.
    pub(crate) fn note_accepted(&self, number: u32, app: &AppId, trigger: u64) {
        let (app, setting) = (app.clone(), "settings".to_owned());
        let push = Sent { app, setting, toast: None, accepted: Some(trigger) };
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).insert(number, push);
    }

    fn toasts_of(&self, app: &AppId) -> usize {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.values().filter(|sent| sent.app == *app && sent.toast.is_some()).count()
    }

    /// Notes events as they were delivered. One that comes again is the one that it was, and so is
    /// a toast.
    pub(crate) fn deliver(&mut self, lines: &[String]) -> anyhow::Result<()> {
        for line in lines {
            let event: ToastEvent = serde_json::from_str(line).with_context(|| line.clone())?;
            if let ToastChange::Show { id, .. } = &event.change {
                let first = self.shown.entry(*id).or_insert_with(|| event.clone());
                ensure!(*first == event, "{id} is two toasts: {first:?} and {event:?}");
            }
            let first = self.delivered.entry(event.seq).or_insert_with(|| event.clone());
            ensure!(*first == event, "one number, two events: {first:?} and {event:?}");
        }
        Ok(())
    }
}
