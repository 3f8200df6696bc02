//! What pages can have done, in the words of their forms.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use bugle::{
    AppId, ChannelId, Ending, Error, Host, Pending, Push, RunId, ToastChoice, ToastId, TriggerId,
};
use serde::Deserialize;
use serde_json::json;

use super::Management;
use crate::Refusal;
use crate::senders::respond;

/// How long a page waits for what comes of a push; it goes on without.
const ENDING_TIME: Duration = Duration::from_secs(15);

/// A form that was sent.
#[derive(Debug, Deserialize)]
#[serde(
    tag = "command",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields
)]
enum Form {
    /// Sends a push, and says what came of it.
    Push { channel: ChannelId, content: String, content_type: Option<String> },
    /// Chooses a toast, or one of its actions.
    ChooseToast { toast: String, action: Option<usize>, inputs: Vec<(String, String)> },
    /// Puts a toast away.
    DismissToast { toast: String },
    /// Gives dead letters their attempts again.
    RetryDead { triggers: Vec<TriggerId> },
    /// Throws dead letters away.
    DropDead { triggers: Vec<TriggerId> },
    /// Runs a kept run again.
    Replay { run: RunId },
    /// Lets paused tasks go on.
    Resume { app: AppId },
}

pub(super) async fn command(State(management): State<Management>, body: Bytes) -> Response {
    let form = match serde_json::from_slice(&body) {
        Ok(form) => form,
        Err(error) => {
            let what = format!("the form cannot be read: {error}");
            return refused(&Refusal::usage("not-a-command", what));
        }
    };
    answer(carry_out(&management.host, form).await)
}

/// What was done, in a sentence; or why not.
pub(super) fn answer(done: Result<String, Error>) -> Response {
    match done {
        // A guest's words may be in it.
        Ok(message) => respond(StatusCode::OK, &json!({ "message": bugle::plain(&message) })),
        Err(error) => refused(&error.into()),
    }
}

pub(super) fn refused(refusal: &Refusal) -> Response {
    let status = if refusal.is_usage {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let message = bugle::plain(&refusal.message);
    respond(status, &json!({ "error": refusal.code, "message": message }))
}

async fn carry_out(host: &Host, form: Form) -> Result<String, Error> {
    Ok(match form {
        Form::Push { channel, content, content_type } => {
            let push = Push::new(content);
            let push = match content_type {
                Some(kind) => push.content_type(kind),
                None => push,
            };
            send(host, &channel, push).await?
        }
        Form::ChooseToast { toast, action, inputs } => {
            let toast: ToastId = toast.parse()?;
            let receipt = host.choose_toast(toast, ToastChoice { action, inputs }).await?;
            format!("The task is woken by {}.", receipt.id())
        }
        Form::DismissToast { toast } => {
            host.dismiss_toast(toast.parse()?).await?;
            "It is put away.".to_owned()
        }
        Form::RetryDead { triggers } => {
            see_to(&triggers, "have their attempts again", |letter| host.retry_dead(letter)).await?
        }
        Form::DropDead { triggers } => {
            see_to(&triggers, "are gone", |letter| host.drop_dead(letter)).await?
        }
        Form::Replay { run } => replayed(&host.replay(run).await?),
        Form::Resume { app } => {
            let tasks = host.app(&app)?.resume().await?;
            format!("{} tasks go on.", tasks.len())
        }
    })
}

/// Does something with each of some dead letters. What somebody else has seen to meanwhile is passed; that
/// all of it was is an error.
async fn see_to(
    letters: &[TriggerId],
    done: &str,
    act: impl Fn(TriggerId) -> Pending<()>,
) -> Result<String, Error> {
    let mut passed = Vec::new();
    for letter in letters {
        match act(*letter).await {
            Ok(()) => {}
            Err(error @ Error::NotDead { .. }) => passed.push(error),
            Err(error) => return Err(error),
        }
    }
    let (seen_to, late) = (letters.len() - passed.len(), passed.len());
    match passed.pop() {
        Some(error) if seen_to == 0 => Err(error),
        Some(_) => Ok(format!("{seen_to} dead letters {done}; {late} were not dead any more.")),
        None => Ok(format!("{seen_to} dead letters {done}.")),
    }
}

async fn send(host: &Host, channel: &ChannelId, push: Push) -> Result<String, Error> {
    let receipt = host.push(channel, push).await?;
    let id = receipt.id();
    Ok(match tokio::time::timeout(ENDING_TIME, receipt.ending()).await {
        Err(_) => format!("{id} is accepted, and has not ended yet."),
        Ok(ending) => match ending? {
            Ending::Completed(report) => {
                let result = &report.result;
                let (run, toasts) = (report.measured.wall_us, result.effects.toasts.len());
                format!("{id} completed in {}, {toasts} toasts.", bugle::duration_text(run))
            }
            Ending::Taken => format!("{id} was taken by the app, which is in the foreground."),
            Ending::Dead { reason, .. } => format!("{id} is a dead letter: {}.", reason.code()),
            Ending::Expired => format!("{id} expired before it ran."),
            Ending::Withdrawn => format!("{id} was withdrawn before it ran."),
            _ => format!("{id} has ended."),
        },
    })
}

fn replayed(replay: &bugle::Replay) -> String {
    let now = &replay.replayed.result.outcome;
    match (&replay.not_comparable, replay.is_same) {
        (_, true) => format!("The same, to the byte: {now}."),
        (Some(why), false) => format!("Now {now}; it need not be the same: {why}."),
        (None, false) => format!("Not the same: now {now}."),
    }
}
