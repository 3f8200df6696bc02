//! Triggers that will not be tried again by themselves.

use bugle_task::{AppId, Name, Timestamp, Trigger, TriggerId};
use rusqlite::params;
use serde::{Deserialize, Serialize};

use crate::queue::{erase, ready_again};
use crate::writer::Tx;
use crate::{AppKey, Result, StoreError};

/// Why a trigger will not be tried again by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DeadReason {
    /// Every attempt it had was used.
    AttemptsUsed,
    /// The task says that it will never succeed.
    Rejected,
    /// The host died three times while it ran alone.
    HostCrashed,
    /// The app's installed version has no task for it.
    TaskMissing,
}

/// A trigger that will not be tried again by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct DeadLetter {
    /// The trigger.
    pub id: TriggerId,
    /// Whose it is.
    pub app: AppId,
    /// The task that it should have woken.
    pub task: Name,
    /// What it carries.
    pub trigger: Trigger,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// When it was given up.
    pub dead_at: Timestamp,
    /// Why.
    pub reason: DeadReason,
    /// What there is to say about it. Guest-controlled: clean it before a terminal sees it.
    pub message: String,
    /// Attempts that it used.
    pub attempts: u32,
    /// How often the host died while it ran alone.
    pub crashes: u32,
}

impl DeadReason {
    /// The reason's stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::AttemptsUsed => "attempts-used",
            Self::Rejected => "rejected",
            Self::HostCrashed => "host-crashed",
            Self::TaskMissing => "task-missing",
        }
    }

    pub(crate) fn from_code(code: &str) -> Result<Self> {
        [Self::AttemptsUsed, Self::Rejected, Self::HostCrashed, Self::TaskMissing]
            .into_iter()
            .find(|reason| reason.code() == code)
            .ok_or_else(|| StoreError::corrupt(format!("`{code}` is not a reason to give up")))
    }
}

/// Makes a dead letter wait again, as if it had never been tried. It does not expire any more:
/// somebody wants it.
pub(crate) fn retry_dead(tx: &mut Tx<'_>, id: TriggerId) -> Result<AppKey> {
    let mut update = tx.conn.prepare_cached(
        "UPDATE queue SET state = 0, ready_at = 0, expires_at = NULL, pardons = claims,
           crashes = 0, dead_reason = NULL, dead_message = NULL, dead_at = NULL
         WHERE id = ?1 AND state = 2 RETURNING app",
    )?;
    let app = match update.query_row([id.0.cast_signed()], |row| row.get(0)) {
        Err(rusqlite::Error::QueryReturnedNoRows) => return Err(StoreError::NotDead { id }),
        app => AppKey(app?),
    };
    let ready_at = ready_again(tx, app, id)?;
    if ready_at > 0 {
        let hold = "UPDATE queue SET ready_at = ?2 WHERE id = ?1";
        tx.conn.prepare_cached(hold)?.execute(params![id.0.cast_signed(), ready_at])?;
    }
    tx.state.count_waiting(app, ready_at, true);
    Ok(app)
}

/// Forgets a dead letter.
pub(crate) fn drop_dead(tx: &mut Tx<'_>, id: TriggerId) -> Result<AppKey> {
    let mut select = tx.conn.prepare_cached("SELECT app FROM queue WHERE id = ?1 AND state = 2")?;
    let app = match select.query_row([id.0.cast_signed()], |row| row.get(0)) {
        Err(rusqlite::Error::QueryReturnedNoRows) => return Err(StoreError::NotDead { id }),
        app => AppKey(app?),
    };
    erase(tx, id, true)?;
    Ok(app)
}
