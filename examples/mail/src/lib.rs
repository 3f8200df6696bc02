//! Announces new mails: a toast each, the unread count on the badge, and work for the app.

mod mail;
#[cfg(test)]
mod tests;

use bugle_guest::toasts::Toast;
use bugle_guest::{
    Error, TaskError, Trigger, background_task, badge, context, info, settings, warn,
};

use mail::Mail;

/// How many mails nobody has read yet; the app lowers it.
const UNREAD: &str = "inbox/unread";
/// The id of the newest mail that was announced.
const LAST: &str = "inbox/last";
/// More toasts than this at once are noise; the rest share one.
const TOASTS_MAX: usize = 5;

/// Takes a JSON list of new mails, the oldest first.
#[background_task]
fn run(trigger: Trigger) -> Result<(), TaskError> {
    let notification = trigger.into_raw_notification()?;
    let mails = mail::parse(&notification.content).map_err(TaskError::rejected)?;
    let last = settings::get::<String>(LAST)?;
    let new = mail::after(&mails, last.as_deref());
    let Some(newest) = new.last() else {
        info!("mails: {}, none of them new", mails.len());
        return Ok(());
    };
    show(new)?;
    let unread = count(new.len())?;
    settings::set(LAST, &*newest.id)?;
    context::on_resume("sync", mail::ids(new)?)?;
    info!("new mails: {}, unread: {unread}", new.len());
    Ok(())
}

/// A toast for each of the first mails, and one for the rest.
fn show(mails: &[Mail]) -> Result<(), Error> {
    let (shown, more) = mails.split_at(mails.len().min(TOASTS_MAX));
    let mut toasts: Vec<Toast> = shown.iter().map(Mail::toast).collect();
    if !more.is_empty() {
        toasts.push(Toast::new(format!("and {} more", more.len())).tag("more").group("mail"));
    }
    for toast in &toasts {
        match toast.show() {
            // The hour's toasts are used up. The mails still count as unread.
            Err(error @ Error::TooManyToasts { .. }) => {
                warn!("{error}");
                return Ok(());
            }
            shown => shown?,
        }
    }
    Ok(())
}

/// Adds to the unread mails, and shows their number on the badge.
fn count(new: usize) -> Result<i64, Error> {
    let before = settings::get::<i64>(UNREAD)?.unwrap_or(0).max(0);
    let unread = before.saturating_add(i64::try_from(new).unwrap_or(i64::MAX));
    settings::set(UNREAD, unread)?;
    badge::set_number(u32::try_from(unread).unwrap_or(u32::MAX));
    Ok(unread)
}
