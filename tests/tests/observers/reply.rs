//! What people do with notifications, and what no person can have done. None of Debian's small desktops has
//! a field for an answer, as those of KDE's have, so these tests show notifications themselves.

use anyhow::{Result, ensure};

use crate::desktop::{place, push, setting, until};
use crate::screen::shown_by;

#[test]
fn an_answer_that_is_typed_into_a_notification_wakes_the_task() -> Result<()> {
    let place = place()?;
    let (_desktop, screen, _daemon) = shown_by(&place, &["actions", "body", "inline-reply"])?;
    push(&place, "Ada: Lunch?")?;
    let asked = screen.next()?;
    ensure!(asked.actions.iter().any(|key| key == "inline-reply"), "{asked:?}");
    screen.say("NotificationReplied", &(asked.number, "At \u{2460} noon & later."))?;
    until("the answer is there", || Ok(setting(&place)?.contains("At \u{2460} noon & later.")))?;
    let toasts = place.bugle(["toasts"])?.good()?;
    ensure!(!toasts.contains("Ada"), "it was chosen: {toasts}");
    ensure!(place.bugle(["runs"])?.good()?.contains("toast-activated"));
    Ok(())
}

#[test]
fn what_no_person_can_have_done_wakes_nobody_and_breaks_nothing() -> Result<()> {
    let place = place()?;
    let (_desktop, screen, daemon) = shown_by(&place, &["actions", "body"])?;
    push(&place, "Ada: Lunch?")?;
    let number = screen.next()?.number;
    // Of other types, of an action and a field that are not there, of a notification of others.
    screen.say("ActionInvoked", &("default", number))?;
    screen.say("ActionInvoked", &number)?;
    screen.say("NotificationClosed", &("2", "2"))?;
    screen.say("ActionInvoked", &(number, "99"))?;
    screen.say("ActionInvoked", &(number, "no place"))?;
    screen.say("NotificationReplied", &(number, "Hello?"))?;
    screen.say("ActionInvoked", &(number + 1, "default"))?;
    // What is said is heard in its order, so this comes when all of that has.
    screen.say("ActionInvoked", &(number, "1"))?;
    until("the task runs", || Ok(setting(&place)?.contains("\u{1f44d}")))?;
    let runs = place.bugle(["runs"])?.good()?;
    ensure!(runs.matches("toast-activated").count() == 1, "{runs}");
    ensure!(!runs.contains("toast-dismissed"), "{runs}");
    push(&place, "Grace: Ships?")?;
    screen.next()?;
    let (status, _, log) = daemon.terminate()?;
    ensure!(status.success() && !log.contains("panicked"), "{log}");
    Ok(())
}
