//! A message becomes a toast that is answered where it is: the answer wakes the task again, which leaves it
//! for the app to send.

use bugle_guest::toasts::{Action, Image, Input, Placement, Toast};
use bugle_guest::{
    RawNotification, TaskError, ToastActivation, Trigger, background_task, badge, context, info,
    settings,
};

/// How many messages nobody has answered or put away yet.
const OPEN: &str = "messages/open";
/// The input that an answer is typed into.
const REPLY: &str = "reply";
/// The most bytes of a name: it is the toast's tag, which has at most 64.
const NAME_BYTES_MAX: usize = 48;

/// Takes `NAME: MESSAGE`, and what a person does with its toast.
#[background_task]
fn run(trigger: Trigger) -> Result<(), TaskError> {
    match trigger {
        Trigger::RawNotification(push) => announce(&push),
        Trigger::ToastActivated(chosen) => answer(chosen),
        Trigger::ToastDismissed(_) => count(-1),
        other => Err(TaskError::rejected(["it takes no `", other.kind(), "`"].concat())),
    }
}

fn announce(push: &RawNotification) -> Result<(), TaskError> {
    let text = push.text().map_err(|_| TaskError::rejected("a message is text"))?;
    let parts = text.split_once(": ").filter(|(name, _)| {
        !name.is_empty() && name.len() <= NAME_BYTES_MAX && !name.contains('=')
    });
    let (name, message) =
        parts.ok_or_else(|| TaskError::rejected("a message is `NAME: MESSAGE`"))?;
    Toast::new(name)
        .body(message)
        .image(Image::new("bubble.png", "A speech bubble").placement(Placement::AppLogo))
        .tag(context::trigger_id())
        .group("chat")
        .argument(["open=", name].concat())
        .input(Input::new(REPLY).label("Reply").placeholder("Write to them"))
        .action(Action::new("Send", ["reply=", name].concat()))
        .action(Action::new("Like", ["like=", name].concat()))
        .show()?;
    count(1)
}

/// What was typed, or that it was liked, is for the app to send; choosing the toast itself is reading it.
fn answer(chosen: ToastActivation) -> Result<(), TaskError> {
    let Some((what, name)) = chosen.argument.split_once('=') else {
        return Err(TaskError::rejected("it is no toast of this task"));
    };
    let typed = chosen.inputs.into_iter().find(|input| input.name == REPLY);
    let answer = match (what, typed) {
        ("reply", Some(typed)) => typed.value,
        ("like", _) => "\u{1f44d}".to_owned(),
        _ => String::new(),
    };
    if !answer.is_empty() {
        let message = [name, ": ", &answer].concat();
        context::on_resume(&context::trigger_id(), message)?;
        settings::set("messages/last-answer", answer.as_str())?;
        info!("an answer to {name} waits for the app");
    }
    count(-1)
}

/// Counts messages that are open, and shows how many there are.
fn count(more: i64) -> Result<(), TaskError> {
    let open = settings::get::<i64>(OPEN)?.unwrap_or(0).saturating_add(more).max(0);
    settings::set(OPEN, open)?;
    badge::set_number(u32::try_from(open).unwrap_or(u32::MAX));
    Ok(())
}

#[cfg(test)]
mod tests {
    use bugle_guest::Pair;
    use bugle_guest::testing::{Outcome, Run};

    use super::*;

    fn chosen(argument: &str, reply: &str) -> Trigger {
        let inputs = vec![Pair { name: REPLY.to_owned(), value: reply.to_owned() }];
        let (tag, group) = (None, Some("chat".to_owned()));
        Trigger::ToastActivated(ToastActivation { tag, group, argument: argument.into(), inputs })
    }

    #[test]
    fn a_message_can_be_answered() {
        let report = Run::of(run).push("Ada: Lunch?");
        assert!(report.outcome.is_completed(), "{report}");
        assert_eq!(report.setting::<i64>(OPEN), Some(1));
        let report = Run::of(run).with_setting(OPEN, 1_i64).wake(chosen("reply=Ada", "At noon."));
        assert_eq!(report.setting::<i64>(OPEN), Some(0));
        let last = report.setting::<String>("messages/last-answer");
        assert_eq!(last.as_deref(), Some("At noon."));
    }

    #[test]
    fn reading_answers_nothing() {
        let report = Run::of(run).with_setting(OPEN, 1_i64).wake(chosen("open=Ada", "typed"));
        assert_eq!(report.setting::<i64>(OPEN), Some(0));
        assert_eq!(report.setting::<String>("messages/last-answer"), None);
    }

    #[test]
    fn what_is_no_message_is_rejected() {
        for text in ["", "no colon", ": nobody", "a=b: c"] {
            let report = Run::of(run).push(text);
            assert!(matches!(report.outcome, Outcome::Rejected { .. }), "{text}: {report}");
        }
    }
}
