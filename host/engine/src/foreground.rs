use std::fmt;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::Duration;

use bugle_task::{Effects, RawNotification, TriggerId, Value};
use tokio::sync::mpsc;

use crate::lane::Lane;
use crate::pending::Pending;
use crate::receipt::Watch;

/// How long an app in the foreground has to answer an offer. Silence lets the push pass to the task:
/// a person does not notice a second, and an app that hangs must not hold its own pushes up.
const ANSWER_TIME: Duration = Duration::from_secs(1);

/// The most events that wait for an app in the foreground to look. A push that finds no room passes to
/// its task; progress that finds none is not told.
const EVENTS_MAX: usize = 256;

/// What an app in the foreground sees.
#[derive(Debug)]
#[non_exhaustive]
pub enum ForegroundEvent {
    /// A push, before the task gets it.
    Push(Offer),
    /// A running task says how far it is.
    Progress {
        /// What woke the task.
        trigger: TriggerId,
        /// 0 to 100.
        percent: u32,
    },
    /// A run was committed: settings, badge, toasts and work left for the app may have changed.
    Committed {
        /// What woke the task.
        trigger: TriggerId,
        /// What the run did.
        effects: Box<Effects>,
    },
    /// A setting was changed, but by no task: by the app itself, or its operator.
    Setting {
        /// Which.
        path: String,
        /// What it is now; none if it was removed.
        value: Option<Value>,
    },
}

/// An app in the foreground: it sees pushes first, until this is dropped.
#[derive(Debug)]
pub struct Foreground {
    events: mpsc::Receiver<ForegroundEvent>,
    lane: Arc<Lane>,
    number: u64,
}

/// The lane's end of a [`Foreground`].
pub(crate) struct Seat {
    events: mpsc::Sender<ForegroundEvent>,
    number: u64,
}

impl Foreground {
    /// Puts the app in the foreground; whoever was there before sees nothing any more.
    pub(crate) fn enter(lane: Arc<Lane>) -> Self {
        let (sender, events) = mpsc::channel(EVENTS_MAX);
        let mut state = lane.lock();
        // Never one that was given before: whoever had it may still be about to leave.
        state.seats += 1;
        let number = state.seats;
        state.seat = Some(Seat { events: sender, number });
        drop(state);
        Self { events, lane, number }
    }

    /// The next thing to see; none once another has taken the place.
    pub async fn next(&mut self) -> Option<ForegroundEvent> {
        self.events.recv().await
    }

    /// The same, waiting on this thread.
    pub fn next_blocking(&mut self) -> Option<ForegroundEvent> {
        self.events.blocking_recv()
    }
}

impl Drop for Foreground {
    fn drop(&mut self) {
        let mut state = self.lane.lock();
        if state.seat.as_ref().is_some_and(|seat| seat.number == self.number) {
            state.seat = None;
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Open,
    Taken,
    Passed,
}

#[derive(Debug)]
struct Question {
    answer: Mutex<Answer>,
    answered: Condvar,
}

impl Question {
    /// Answers, unless somebody has.
    fn answer(&self, answer: Answer) -> Answer {
        let mut current = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        if *current == Answer::Open {
            *current = answer;
            self.answered.notify_all();
        }
        *current
    }
}

/// A push that is offered to the app before its task. Dropping it lets the push pass.
#[derive(Debug)]
pub struct Offer {
    id: TriggerId,
    push: RawNotification,
    question: Weak<Question>,
    /// Tells when the answer is durable.
    watch: Arc<Watch>,
}

impl Offer {
    /// The push's id.
    #[must_use]
    pub fn id(&self) -> TriggerId {
        self.id
    }

    /// What was pushed.
    #[must_use]
    pub fn push(&self) -> &RawNotification {
        &self.push
    }

    /// Takes the push: true once it is durable that its task does not run, whatever happens to the host.
    /// False if it was too late, a second after the offer; then the task has it.
    ///
    /// # Errors
    ///
    /// [`Error::Stopped`](crate::Error::Stopped) if the host stops first. Then the app, or its task, is
    /// given the push again.
    pub fn take(self) -> Pending<bool> {
        let is_taken = |question: Arc<Question>| question.answer(Answer::Taken) == Answer::Taken;
        if self.question.upgrade().is_some_and(is_taken) {
            Arc::clone(&self.watch).is_taken()
        } else {
            Pending::ready(Ok(false))
        }
    }

    /// Lets the push pass to the task at once.
    pub fn pass(self) {
        drop(self);
    }
}

impl Drop for Offer {
    fn drop(&mut self) {
        if let Some(question) = self.question.upgrade() {
            question.answer(Answer::Passed);
        }
    }
}

/// An offer that waits for its answer.
pub(crate) struct Offered(Arc<Question>);

impl Seat {
    pub(crate) fn offer(
        &self,
        id: TriggerId,
        push: &RawNotification,
        watch: Arc<Watch>,
    ) -> Offered {
        let question =
            Arc::new(Question { answer: Mutex::new(Answer::Open), answered: Condvar::new() });
        let (push, asked) = (push.clone(), Arc::downgrade(&question));
        let offer = Offer { id, push, question: asked, watch };
        // An app that is going away, or that does not look, drops the offer, which lets it pass.
        let _ = self.events.try_send(ForegroundEvent::Push(offer));
        Offered(question)
    }

    pub(crate) fn tell(&self, event: ForegroundEvent) {
        let _ = self.events.try_send(event);
    }
}

impl Offered {
    /// Waits for an answer for a while; none if there is none yet.
    pub(crate) fn is_taken_within(&self, time: Duration) -> Option<bool> {
        let answer = self.0.answer.lock().unwrap_or_else(PoisonError::into_inner);
        let open = |answer: &mut Answer| *answer == Answer::Open;
        let (answer, _) = self
            .0
            .answered
            .wait_timeout_while(answer, time, open)
            .unwrap_or_else(PoisonError::into_inner);
        match *answer {
            Answer::Open => None,
            Answer::Taken => Some(true),
            Answer::Passed => Some(false),
        }
    }

    /// Waits for an answer to the end; silence lets the push pass, and no answer counts after it.
    pub(crate) fn is_taken(&self) -> bool {
        let taken = self.is_taken_within(ANSWER_TIME);
        taken.unwrap_or_else(|| self.0.answer(Answer::Passed) == Answer::Taken)
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seat({})", self.number)
    }
}
