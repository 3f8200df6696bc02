//! Which toast is which notification, and what is heard of them, in the order in which the bus told it.

use std::collections::BTreeSet;
use std::mem;
use std::sync::mpsc::Sender;

use bugle::{AppId, ToastId};
use serde::{Deserialize, Serialize};
use zbus::message::Sequence;

use super::answers::{Answered, Done};
use super::kept::Kept;

/// Notifications that are remembered. The oldest is forgotten; it can be seen still, and chosen no more.
const REMEMBERED_MAX: usize = 1_000;

/// What is kept of what is heard while something is shown, which takes a few milliseconds: an answer to each
/// notification. What is more is of a desktop that talks nonsense.
const PARKED_MAX: usize = REMEMBERED_MAX;

/// A toast that is a notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OneShown {
    pub(super) app: AppId,
    pub(super) toast: ToastId,
    /// The desktop's.
    pub(super) number: u32,
    /// Which action an answer chooses, and which input it is for.
    pub(super) reply: Option<(usize, String)>,
    /// Since when the number is this toast's, among all that came over the bus; for what an earlier host has
    /// shown that is the beginning.
    #[serde(skip)]
    pub(super) since: Sequence,
}

/// What was heard, of which notification, and when among all that came over the bus.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) at: Sequence,
    pub(super) number: u32,
    pub(super) done: Done,
}

/// What is shown, oldest first.
///
/// A number is of another toast as soon as the desktop has said so, and what is heard goes by another way
/// than that answer. So while one is on its way, what is heard waits for it; and each has its place among all
/// that came over the bus, by which it is told which toast was meant.
#[derive(Debug)]
pub(super) struct Shown {
    all: Vec<OneShown>,
    /// Whether the desktop was asked to show something, and has not answered yet.
    is_showing: bool,
    parked: Vec<Heard>,
    answers: Sender<Answered>,
    /// Where it is kept, if it is.
    kept: Option<Kept>,
}

impl Shown {
    /// What was shown by an earlier host.
    pub(super) fn from(kept: Option<Kept>, answers: Sender<Answered>) -> Self {
        let all = kept.as_ref().map(Kept::read).unwrap_or_default();
        Self { all, is_showing: false, parked: Vec::new(), answers, kept }
    }

    pub(super) fn number(&self, toast: ToastId) -> Option<u32> {
        self.all.iter().rev().find(|shown| shown.toast == toast).map(|shown| shown.number)
    }

    /// The apps of which something is shown.
    pub(super) fn apps(&self) -> BTreeSet<AppId> {
        self.all.iter().map(|shown| shown.app.clone()).collect()
    }

    pub(super) fn of_app(&self, app: &AppId) -> Vec<ToastId> {
        self.all.iter().filter(|shown| shown.app == *app).map(|shown| shown.toast).collect()
    }

    pub(super) fn forget(&mut self, toast: ToastId) {
        self.all.retain(|shown| shown.toast != toast);
        self.keep();
    }

    /// The desktop is asked to show something.
    pub(super) const fn asked(&mut self) {
        self.is_showing = true;
    }

    /// The desktop's answer; none if it failed.
    pub(super) fn answered(&mut self, one: Option<OneShown>) {
        self.is_showing = false;
        if let Some(one) = one {
            self.remember(one);
        }
        for heard in mem::take(&mut self.parked) {
            self.settle(heard);
        }
        self.keep();
    }

    pub(super) fn hear(&mut self, heard: Heard) {
        if !self.is_showing {
            if self.settle(heard) {
                self.keep();
            }
        } else if self.parked.len() < PARKED_MAX {
            self.parked.push(heard);
        }
    }

    fn keep(&self) {
        if let Some(kept) = &self.kept {
            kept.write(&self.all);
        }
    }

    fn remember(&mut self, mut one: OneShown) {
        let is_same = |shown: &&OneShown| (shown.number, shown.toast) == (one.number, one.toast);
        if let Some(before) = self.all.iter().find(is_same) {
            // It is updated: what was heard of it before is of it, too.
            one.since = before.since;
        }
        self.closed(one.number);
        if self.all.len() >= REMEMBERED_MAX {
            self.all.remove(0);
        }
        self.all.push(one);
    }

    /// It is not on the screen any more.
    fn closed(&mut self, number: u32) {
        self.all.retain(|shown| shown.number != number);
    }

    /// Whether it changes what is shown.
    fn settle(&mut self, Heard { at, number, done }: Heard) -> bool {
        // Others show notifications, too; and what was heard before the number was this toast's was of the
        // one before it, which is gone.
        let is_meant = |shown: &&OneShown| shown.number == number && shown.since < at;
        let Some(shown) = self.all.iter().rev().find(is_meant) else { return false };
        let (toast, is_closed) = (shown.toast, done.closes());
        if let Some(answer) = done.answer(shown) {
            // Whoever wanted to hear it may have gone.
            let _ = self.answers.send(Answered { toast, answer });
        }
        if is_closed {
            self.closed(number);
        }
        is_closed
    }
}
