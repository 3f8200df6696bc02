//! The sample task of the original system: it keeps what arrived where the app can read it.

use bugle_guest::{TaskError, Trigger, background_task, context, info, settings};

/// Writes the notification's content into the local setting that has the task's name.
#[background_task]
fn run(trigger: Trigger) -> Result<(), TaskError> {
    let task = context::task();
    info!("Background {task} starting…");
    let notification = trigger.into_raw_notification()?;
    match notification.text() {
        Ok(text) => settings::set(&task, text)?,
        Err(_) => settings::set(&task, notification.content)?,
    }
    info!("Background {task} completed!");
    Ok(())
}

#[cfg(test)]
mod tests {
    use bugle_guest::TimerTick;
    use bugle_guest::testing::{Outcome, Run};

    use super::*;

    fn sample() -> Run {
        Run::of(run).with_task("sample-task")
    }

    #[test]
    fn text_is_kept_under_the_tasks_name() {
        let report = sample().with_setting("sample-task", "before").push("héllo");
        assert!(report.outcome.is_completed(), "{report}");
        assert_eq!(report.setting::<String>("sample-task").as_deref(), Some("héllo"));
        assert_eq!(
            report.log_text(),
            "Background sample-task starting…\nBackground sample-task completed!"
        );
    }

    #[test]
    fn what_is_not_text_is_kept_as_bytes() {
        let report = sample().push(b"\xff\x00");
        assert_eq!(report.setting::<Vec<u8>>("sample-task"), Some(vec![0xff, 0]));
    }

    #[test]
    fn other_triggers_are_rejected() {
        let tick = TimerTick { name: "hourly".to_owned(), due_at: 0, missed: 0 };
        let report = sample().wake(Trigger::Timer(tick));
        assert!(matches!(report.outcome, Outcome::Rejected { .. }), "{report}");
        assert!(report.settings.is_empty());
    }
}
