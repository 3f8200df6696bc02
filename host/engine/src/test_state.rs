use std::collections::VecDeque;
use std::sync::Arc;

use bugle_store::TOAST_AGE_MS_MAX;
use bugle_task::{
    Allowances, Mark, Permissions, Quotas, RunReport, Settings, Snapshot, Timestamp, Toast,
    ToastEffect, ToastKey, ToastUpdate,
};

use crate::lane::{Overlay, Spent};
use crate::turn;

/// An app between two test runs: what the host's commit would have left of it, in memory. Pure: it
/// has no clock of its own and touches nothing.
///
/// Settings, badge and allowances are what a turn of the host has as its overlay, and change by the
/// same code; the toasts follow the store's rules.
#[derive(Debug)]
pub struct TestState {
    overlay: Overlay,
    toasts: Vec<TestToast>,
}

/// A toast that is shown between two test runs.
#[derive(Debug, Clone, PartialEq)]
pub struct TestToast {
    /// The toast, updates included.
    pub toast: Toast,
    /// When it goes by itself.
    pub expires_at: Timestamp,
    /// The number of the last update that was applied.
    pub sequence: u32,
}

impl TestState {
    /// An app with settings and a badge, which has used up its toasts of the hour but for
    /// `toasts_left`, at a moment.
    #[must_use]
    pub fn new(settings: Settings, badge: Option<Mark>, toasts_left: u32, now: Timestamp) -> Self {
        let used = Allowances::default().toasts.saturating_sub(toasts_left);
        let toast_times: VecDeque<Timestamp> = (0..used).map(|_| now).collect();
        let settings = Arc::new(settings);
        let badge = badge.filter(|mark| *mark != Mark::Number(0));
        let spent = Spent::default();
        let overlay = Overlay { settings, change: 0, badge, toast_times, spent };
        Self { overlay, toasts: Vec::new() }
    }

    /// The settings as they are.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.overlay.settings
    }

    /// The badge as it is.
    #[must_use]
    pub fn badge(&self) -> Option<Mark> {
        self.overlay.badge
    }

    /// The toasts that are there, the oldest first.
    #[must_use]
    pub fn toasts(&self) -> &[TestToast] {
        &self.toasts
    }

    /// Shows a toast, in place of one of the same name. It uses up none of the hour's toasts.
    pub fn show(&mut self, toast: Toast, now: Timestamp) {
        if toast.tag.is_some() {
            let key = toast.key();
            self.toasts.retain(|shown| shown.toast.key() != key);
        }
        let age = toast.expires_after_ms.map_or(TOAST_AGE_MS_MAX, u64::from).min(TOAST_AGE_MS_MAX);
        let expires_at = now.saturating_add(age);
        self.toasts.push(TestToast { toast, expires_at, sequence: 0 });
    }

    /// Takes toasts away: one, with no tag its group, with neither all of them.
    pub fn hide(&mut self, key: &ToastKey) {
        self.toasts.retain(|shown| {
            let shown = shown.toast.key();
            !match (&key.tag, &key.group) {
                (Some(_), _) => shown == *key,
                (None, Some(_)) => shown.group == key.group,
                (None, None) => true,
            }
        });
    }

    /// Takes toasts away whose time is up.
    pub fn expire(&mut self, now: Timestamp) {
        self.toasts.retain(|shown| shown.expires_at > now);
    }

    /// What a run that begins now may ask about.
    #[must_use]
    pub fn snapshot(&mut self, permissions: Permissions, now: Timestamp) -> Snapshot {
        Snapshot {
            settings: Arc::clone(&self.overlay.settings),
            badge: self.overlay.badge,
            allowances: self.overlay.allowances(Quotas::default().toasts, now),
            permissions,
        }
    }

    /// Does what a run did. One that did not complete has no effects.
    pub fn commit(&mut self, report: &RunReport, now: Timestamp) {
        turn::apply(&mut self.overlay, report, now);
        for effect in &report.result.effects.toasts {
            match effect {
                ToastEffect::Show { toast } => self.show(toast.clone(), now),
                ToastEffect::Update { key, sequence, change } => {
                    self.update(key, *sequence, change);
                }
                ToastEffect::Hide { key } => self.hide(key),
            }
        }
    }

    fn update(&mut self, key: &ToastKey, sequence: u32, change: &ToastUpdate) {
        let is_it = |shown: &&mut TestToast| {
            key.tag.is_some()
                && shown.toast.key() == *key
                && (sequence == 0 || shown.sequence < sequence)
        };
        let Some(shown) = self.toasts.iter_mut().find(is_it) else { return };
        shown.sequence = shown.sequence.max(sequence);
        let ToastUpdate { title, body, progress } = change.clone();
        let toast = &mut shown.toast;
        toast.title = title.unwrap_or(std::mem::take(&mut toast.title));
        toast.body = body.unwrap_or(std::mem::take(&mut toast.body));
        toast.progress = progress.or(toast.progress.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: u64 = 60 * 60 * 1_000;

    fn toast(title: &str, tag: &str) -> Toast {
        Toast { title: title.into(), tag: Some(tag.into()), ..Toast::default() }
    }

    fn titles(state: &TestState) -> Vec<&str> {
        state.toasts().iter().map(|shown| shown.toast.title.as_str()).collect()
    }

    #[test]
    fn toasts_are_replaced_changed_and_taken_away_by_name() {
        let mut state = TestState::new(Settings::default(), None, 60, 0);
        state.show(toast("one", "a"), 0);
        state.show(toast("two", "b"), 0);
        state.show(toast("three", "a"), 0);
        assert_eq!(titles(&state), ["two", "three"]);
        let key = ToastKey { tag: Some("a".into()), group: None };
        let change = |title: &str| ToastUpdate { title: Some(title.into()), ..<_>::default() };
        state.update(&key, 2, &change("four"));
        state.update(&key, 1, &change("late"));
        assert_eq!(titles(&state), ["two", "four"]);
        state.hide(&key);
        assert_eq!(titles(&state), ["two"]);
        state.expire(3 * 24 * HOUR_MS);
        assert_eq!(titles(&state), [""; 0]);
    }

    #[test]
    fn the_hours_toasts_come_back_after_an_hour() {
        // An hour after 1970 and more: before it there is no hour to look back on.
        let now = 24 * HOUR_MS;
        let mut state = TestState::new(Settings::default(), None, 2, now);
        let mut left =
            |after| state.snapshot(Permissions::default(), now + after).allowances.toasts;
        assert_eq!((left(0), left(HOUR_MS - 1), left(HOUR_MS)), (2, 2, 60));
    }
}
