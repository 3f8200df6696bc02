use bugle_task::{Mark, RunId, Timestamp, ToastEffect, TriggerId};
use rusqlite::params;

use crate::queue::at;
use crate::toasts::{apply, set_badge};
use crate::writer::Tx;
use crate::{AppKey, Result, ToastEvent, ToastId};

/// What is shown for an app that none of its runs did: a sender did, or the app itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    /// Whose it is.
    pub app: AppKey,
    /// What happens to its toasts.
    pub toasts: Vec<ToastEffect>,
    /// What its badge is to be; none leaves it.
    pub badge: Option<Option<Mark>>,
    /// The moment of it.
    pub now: Timestamp,
}

/// Commits what none of the app's runs did. Its toasts have the number of a trigger that there never
/// was, and a claim of 0.
pub(crate) fn post(tx: &Tx<'_>, post: Post) -> Result<Vec<ToastEvent>> {
    let Post { app, toasts, badge, now } = post;
    tx.state.app(app)?;
    let mut take = tx.conn.prepare_cached(
        "INSERT INTO triggers (app, task, head, accepted_at, attempts_max) VALUES (?1, '', '', ?2, 0)",
    )?;
    let number = take.insert(params![app.0, at(now)])?;
    tx.conn.prepare_cached("DELETE FROM triggers WHERE id = ?1")?.execute([number])?;
    let run = RunId { trigger: TriggerId(number.cast_unsigned()), claim: 0 };
    let mut events = Vec::new();
    for (index, effect) in (0..).zip(toasts) {
        apply(tx, app, ToastId { run, index }, effect, now, &mut events)?;
    }
    if let Some(mark) = badge {
        set_badge(tx, app, mark, now, &mut events)?;
    }
    Ok(events)
}
