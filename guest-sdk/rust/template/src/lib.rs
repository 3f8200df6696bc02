//! Counts pushes, and shows what each of them says.

use bugle_guest::toasts::Toast;
use bugle_guest::{TaskError, Trigger, background_task, badge, info, settings};

/// How many messages nobody has read yet; the app sets it back.
const UNREAD: &str = "inbox/unread";

#[background_task]
fn wake(trigger: Trigger) -> Result<(), TaskError> {
    let push = trigger.into_raw_notification()?;
    // What is no text now will be none in an hour: do not try again.
    let text = push.text().map_err(|error| TaskError::rejected(error.to_string()))?;
    let unread = settings::get::<i64>(UNREAD)?.unwrap_or(0) + 1;
    settings::set(UNREAD, unread)?;
    badge::set_number(u32::try_from(unread)?);
    Toast::new("New message").body(text).show()?;
    info!("unread: {unread}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use bugle_guest::testing::{Outcome, Run};

    use super::*;

    #[test]
    fn a_push_is_shown_and_counted() {
        let report = Run::of(wake).with_setting(UNREAD, 2).push("hello");
        assert!(report.outcome.is_completed(), "{report}");
        assert_eq!(report.setting::<i64>(UNREAD), Some(3));
        assert_eq!(report.toasts[0].body, "hello");
    }

    #[test]
    fn what_is_no_text_is_rejected() {
        let report = Run::of(wake).push(b"\xff");
        assert!(matches!(report.outcome, Outcome::Rejected { .. }), "{report}");
        assert!(report.toasts.is_empty());
    }
}
