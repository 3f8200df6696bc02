use bugle_guest::badge::Mark;
use bugle_guest::testing::{Outcome, Report, Run};

use super::*;

fn push(mails: &str) -> Report {
    Run::of(run).push(mails)
}

/// A push of mails with these ids.
fn mails(ids: impl IntoIterator<Item = u32>) -> String {
    let mails: Vec<String> = ids
        .into_iter()
        .map(|id| format!(r#"{{"id":"{id}","from":"Ada","subject":"Number {id}"}}"#))
        .collect();
    format!("[{}]", mails.join(","))
}

fn titles(report: &Report) -> Vec<&str> {
    report.toasts.iter().map(|toast| toast.title.as_str()).collect()
}

#[test]
fn a_mail_becomes_a_toast_a_count_and_work() {
    let report = Run::of(run)
        .with_setting(UNREAD, 2)
        .push(r#"[{"id":"a1","from":"Ada","subject":"Notes","preview":"On the \"engine\""}]"#);
    assert!(report.outcome.is_completed(), "{report}");
    let [toast] = report.toasts.as_slice() else { panic!("one toast, not {:?}", report.toasts) };
    assert_eq!((&*toast.title, &*toast.body), ("Ada", "Notes\nOn the \"engine\""));
    assert_eq!((toast.tag.as_deref(), toast.group.as_deref()), (Some("a1"), Some("mail")));
    assert_eq!(report.setting::<i64>(UNREAD), Some(3));
    assert_eq!(report.setting::<String>(LAST).as_deref(), Some("a1"));
    assert_eq!(report.badge, Some(Mark::Number(3)));
    assert_eq!(report.resume_work.get("sync").map(Vec::as_slice), Some(br#"["a1"]"#.as_slice()));
    assert_eq!(report.log_text(), "new mails: 1, unread: 3");
}

#[test]
fn many_mails_share_one_toast() {
    let report = push(&mails(1..=8));
    assert_eq!(titles(&report), ["Ada", "Ada", "Ada", "Ada", "Ada", "and 3 more"]);
    assert_eq!(report.badge, Some(Mark::Number(8)));
}

#[test]
fn mails_that_were_announced_are_skipped() {
    let report = Run::of(run).with_setting(LAST, "2").push(mails(1..=3));
    assert_eq!(report.toasts.len(), 1);
    assert_eq!(report.setting::<i64>(UNREAD), Some(1));

    let report = Run::of(run).with_setting(LAST, "3").push(mails(1..=3));
    assert!(report.outcome.is_completed(), "{report}");
    assert!(report.toasts.is_empty() && report.resume_work.is_empty());
    assert_eq!(report.setting::<i64>(UNREAD), None);
}

#[test]
fn the_count_stays_at_its_end() {
    let report = Run::of(run).with_setting(UNREAD, i64::MAX - 1).push(mails(1..=2));
    assert_eq!(report.setting::<i64>(UNREAD), Some(i64::MAX));
    assert_eq!(report.badge, Some(Mark::Number(u32::MAX)));
}

#[test]
fn when_the_hours_toasts_are_used_up_mails_still_count() {
    let report = Run::of(run).with_toasts_left(1).push(mails(1..=3));
    assert!(report.outcome.is_completed(), "{report}");
    assert_eq!(titles(&report), ["Ada"]);
    assert_eq!(report.setting::<i64>(UNREAD), Some(3));
}

#[test]
fn what_is_no_list_of_mails_is_rejected_and_changes_nothing() {
    let long = format!(r#"[{{"id":"{}","from":"","subject":""}}]"#, "x".repeat(65));
    let bad = [
        ("", "the push is not a JSON list of mails: EOF while parsing a value at line 1 column 0"),
        ("{}", "the push is not a JSON list of mails, but another value"),
        (r#"[{"id":"1","from":"Ada"}]"#, "mail 1 of the push has no text `subject`"),
        (r#"[{"id":7,"from":"","subject":""}]"#, "mail 1 of the push has no text `id`"),
        (&long, "mail 1 of the push has an id of 65 bytes, not 1 to 64"),
    ];
    for (content, message) in bad {
        let report = push(content);
        assert_eq!(report.outcome, Outcome::Rejected { message: message.to_owned() });
        assert!(report.settings.is_empty() && report.toasts.is_empty());
    }
    // Half of a surrogate pair is no text.
    let report = push(r#"[{"id":"\ud800","from":"","subject":""}]"#);
    assert!(matches!(report.outcome, Outcome::Rejected { .. }), "{report}");
}

#[test]
fn a_setting_of_another_type_fails_and_says_so() {
    let report = Run::of(run).with_setting(UNREAD, "many").push(mails(1..=1));
    let message = "the setting `inbox/unread` is of the type text, not integer".to_owned();
    assert_eq!(report.outcome, Outcome::Failed { message });
    assert!(report.toasts.is_empty());
}
