//! What people do with what is shown.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use bugle::{ToastChoice, ToastId};
use zbus::Message;
use zbus::export::ordered_stream::OrderedStreamExt as _;
use zbus::names::OwnedUniqueName;
use zbus::proxy::{Proxy, SignalStream};

use super::notice::DEFAULT;
use super::shown::{Heard, OneShown, Shown};

/// A person has put it away (specification, `NotificationClosed`).
const DISMISSED: u32 = 2;

/// What a person did with a toast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Which toast.
    pub toast: ToastId,
    /// What.
    pub answer: Answer,
}

/// One thing that a person can do with a toast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It, or one of its actions, was chosen.
    Chosen(ToastChoice),
    /// It was put away.
    PutAway,
}

/// Listens on a thread of its own until the connection ends. What another than the owner says is of its own
/// notifications.
pub(super) async fn listen(
    notifications: &Proxy<'static>,
    owner: OwnedUniqueName,
    shown: Arc<Mutex<Shown>>,
) -> zbus::Result<()> {
    let signals = notifications.receive_all_signals().await?;
    let thread = thread::Builder::new().name("bugle-desktop".to_owned());
    let listening = thread.spawn(move || zbus::block_on(hear(signals, &owner, &shown)));
    listening.map(drop).map_err(|error| zbus::Error::InputOutput(Arc::new(error)))
}

/// Waits for nothing but signals: those that it does not take hold up the answers of the same connection.
async fn hear(mut signals: SignalStream<'static>, owner: &OwnedUniqueName, shown: &Mutex<Shown>) {
    while let Some(signal) = signals.next().await {
        if signal.header().sender().is_none_or(|sender| sender.as_str() != owner.as_str()) {
            continue;
        }
        let Some((number, done)) = done(&signal) else { continue };
        let heard = Heard { at: signal.recv_position(), number, done };
        shown.lock().unwrap_or_else(PoisonError::into_inner).hear(heard);
    }
}

/// What a signal tells.
#[derive(Debug)]
pub(super) enum Done {
    /// The notification itself was chosen, or the action of this key.
    Invoked(String),
    /// The desktop's own field was filled in.
    Replied(String),
    PutAway,
    /// It is closed, by nobody who decided anything about it.
    Gone,
}

impl Done {
    /// Whether it is not on the screen any more.
    pub(super) const fn closes(&self) -> bool {
        matches!(self, Self::PutAway | Self::Gone)
    }

    /// What a person decided by it, if anything.
    pub(super) fn answer(self, shown: &OneShown) -> Option<Answer> {
        let (action, inputs) = match self {
            Self::Gone => return None,
            Self::PutAway => return Some(Answer::PutAway),
            Self::Invoked(key) if key == DEFAULT => (None, Vec::new()),
            Self::Invoked(key) => (Some(key.parse().ok()?), Vec::new()),
            Self::Replied(text) => {
                let (action, input) = shown.reply.clone()?;
                (Some(action), vec![(input, text)])
            }
        };
        Some(Answer::Chosen(ToastChoice { action, inputs }))
    }
}

/// What a signal tells, and of which notification.
fn done(signal: &Message) -> Option<(u32, Done)> {
    let header = signal.header();
    let body = signal.body();
    match header.member()?.as_str() {
        "ActionInvoked" => {
            let (number, key): (u32, &str) = body.deserialize().ok()?;
            Some((number, Done::Invoked(key.to_owned())))
        }
        "NotificationReplied" => {
            let (number, text): (u32, &str) = body.deserialize().ok()?;
            Some((number, Done::Replied(text.to_owned())))
        }
        "NotificationClosed" => {
            let (number, reason): (u32, u32) = body.deserialize().ok()?;
            Some((number, if reason == DISMISSED { Done::PutAway } else { Done::Gone }))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use zbus::message::Sequence;

    use super::*;

    #[test]
    fn an_answer_is_for_the_action_that_it_was_shown_with() {
        let toast = "toast-1.1.0".parse().expect("it is an id");
        let app = "com.example.chat".parse().expect("it is an id");
        let since = Sequence::default();
        let mut shown = OneShown { app, toast, number: 7, reply: None, since };
        let of = |done: Done, shown: &OneShown| done.answer(shown);
        let chosen = |action, inputs| Some(Answer::Chosen(ToastChoice { action, inputs }));
        assert_eq!(of(Done::Invoked("default".into()), &shown), chosen(None, Vec::new()));
        assert_eq!(of(Done::Invoked("2".into()), &shown), chosen(Some(2), Vec::new()));
        assert_eq!(of(Done::Invoked("inline-reply".into()), &shown), None);
        assert_eq!(of(Done::Replied("Hi".into()), &shown), None);
        shown.reply = Some((1, "reply".into()));
        let typed = vec![("reply".to_owned(), "Hi".to_owned())];
        assert_eq!(of(Done::Replied("Hi".into()), &shown), chosen(Some(1), typed));
    }
}
