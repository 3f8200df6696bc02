//! Every command with no daemon about: the program opens the store itself.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use anyhow::ensure;
use bugle::AppId;
use bugle_tests::program::{Place, Said};

use crate::{INBOX, MAIL, address, filters, json, mail, place_with, place_with_mail};

#[test]
fn an_app_is_installed_listed_and_removed() -> anyhow::Result<()> {
    let _filters = filters();
    let (place, _) = place_with("mail")?;
    insta::assert_snapshot!(place.bugle(["list"])?.good()?, @"no apps; install one with `bugle install DIR`");
    assert!(!place.data().exists(), "a command that reads makes no folder");
    insta::assert_snapshot!(place.bugle(["install", "mail"])?.good()?, @"installed com.example.mail 1.0.0 (tasks: new-mail)");
    insta::assert_snapshot!(place.bugle(["list"])?.good()?, @"
    app               version  waiting  dead  paused  tasks     channels
    com.example.mail  1.0.0    0        0             new-mail  inbox
    ");
    let apps = json(&place, &["list"])?;
    assert_eq!(apps[0]["id"], MAIL);
    assert_eq!(apps[0]["channels"][0], "inbox");
    assert_eq!(json(&place, &["install", "mail"])?["installed"], MAIL);
    insta::assert_snapshot!(place.bugle(["remove", MAIL])?.good()?, @"removed com.example.mail with all that it kept");
    assert_eq!(json(&place, &["list"])?, serde_json::json!([]));
    Ok(())
}

#[test]
fn a_channel_has_the_same_address_until_it_is_closed() -> anyhow::Result<()> {
    let _filters = filters();
    let place = place_with_mail()?;
    insta::assert_snapshot!(place.bugle(["channel", "open", INBOX])?.good()?, @"http://127.0.0.1:7787/push/[address]");
    let first = address(&place, INBOX)?;
    assert_eq!(first, address(&place, INBOX)?);
    insta::assert_snapshot!(place.bugle(["channel", "list"])?.good()?, @"
    channel                 state  protocol  age    ends                  pushes  last  from
    com.example.mail/inbox  open   plain     today  [moment]  0       -     -
    ");
    insta::assert_snapshot!(place.bugle(["channel", "close", INBOX])?.good()?, @"closed com.example.mail/inbox");
    insta::assert_snapshot!(place.bugle(["channel", "close", INBOX])?.good()?, @"com.example.mail/inbox was not open");
    let channels = json(&place, &["channel", "list", "--app", MAIL])?;
    assert_eq!(channels[0]["id"], INBOX);
    assert!(channels[0]["closed-at"].is_u64(), "{channels}");
    assert_ne!(first, address(&place, INBOX)?, "an address is never used again");
    Ok(())
}

#[test]
fn a_push_runs_before_the_program_ends() -> anyhow::Result<()> {
    let _filters = filters();
    let place = place_with_mail()?;
    insta::assert_snapshot!(place.bugle(["push", INBOX, &mail("1")])?.good()?, @r"
    [com.example.mail] toast: Ada
        Lunch?
    [com.example.mail] badge: 1
    accepted trigger-1
    ");
    insta::assert_snapshot!(place.bugle(["push", INBOX, &mail("2"), "--wait"])?.good()?, @r#"
    completed  trigger-2, [time]
    toasts
      Ada
        Lunch?
    settings
      inbox/last  "2"
      inbox/unread  2
    badge
      2
    work for the app when it resumes
      sync  5 bytes "["2"]"
    log
      info   new mails: 1, unread: 2
    used …
    "#);
    let pushed = place.bugle_reading(["push", INBOX, "--wait", "--json"], mail("3").as_bytes())?;
    assert_eq!(pushed.json()?["ending"]["report"]["result"]["outcome"], "completed");
    let file = place.file("mail.json", mail("4"))?;
    place.bugle(["push".as_ref(), INBOX.as_ref(), file.as_os_str()])?.good()?;
    assert_eq!(place.bugle(["settings", "get", MAIL, "inbox/unread"])?.good()?, "4\n");
    Ok(())
}

#[test]
fn settings_are_read_and_changed() -> anyhow::Result<()> {
    let place = place_with_mail()?;
    let set = |path: &str, value: &str| place.bugle(["settings", "set", MAIL, path, value])?.good();
    insta::assert_snapshot!(place.bugle(["settings", "list", MAIL])?.good()?, @"no settings");
    insta::assert_snapshot!(set("inbox/unread", "-3")?, @"inbox/unread  -3");
    set("a", "true")?;
    set("b", "1.5")?;
    set("c", "\"12\"")?;
    set("d", "base64:/wA=")?;
    set("e", "@1769860800000")?;
    set("f", "two words")?;
    insta::assert_snapshot!(place.bugle(["settings", "list", MAIL])?.good()?, @r#"
    setting       type       value
    a             boolean    true
    b             float      1.5
    c             text       "12"
    d             bytes      2 bytes
    e             timestamp  2026-01-31T12:00:00Z
    f             text       "two words"
    inbox/unread  integer    -3
    "#);
    assert_eq!(place.bugle(["settings", "get", MAIL, "f"])?.good()?, "two words\n");
    assert_eq!(json(&place, &["settings", "get", MAIL, "c"])?["value"], "12");
    insta::assert_snapshot!(place.bugle(["settings", "unset", MAIL, "f"])?.good()?, @"f is not set");
    insta::assert_snapshot!(place.bugle(["settings", "get", MAIL, "f"])?.refused(2)?, @"
    error: com.example.mail has no setting `f`
    hint: `bugle settings list com.example.mail` shows those it has
    ");
    Ok(())
}

#[test]
fn toasts_and_runs_are_kept() -> anyhow::Result<()> {
    let _filters = filters();
    let place = place_with_mail()?;
    insta::assert_snapshot!(place.bugle(["toasts"])?.good()?, @"no toasts");
    insta::assert_snapshot!(place.bugle(["runs"])?.good()?, @"no runs");
    place.bugle(["push", INBOX, &mail("1")])?.good()?;
    insta::assert_snapshot!(place.bugle(["toasts", "--app", MAIL])?.good()?, @r"
    [moment]  com.example.mail
      Ada
        Lunch?
    ");
    assert_eq!(json(&place, &["toasts"])?[0]["toast"]["title"], "Ada");
    insta::assert_snapshot!(place.bugle(["runs"])?.good()?, @"
    run      started               outcome    attempt  trigger           app               task
    run-1.1  [moment]  completed  1 of 5   raw-notification  com.example.mail  new-mail
    ");
    assert_eq!(json(&place, &["runs", "--limit", "1"])?[0]["run"], "run-1.1");
    insta::assert_snapshot!(place.bugle(["runs", "show", "run-1.1"])?.good()?, @r#"
    completed  run-1.1, new-mail of com.example.mail, [time]
    toasts
      Ada
        Lunch?
    settings
      inbox/last  "1"
      inbox/unread  1
    badge
      1
    work for the app when it resumes
      sync  5 bytes "["1"]"
    log
      info   new mails: 1, unread: 1
    used …
    "#);
    insta::assert_snapshot!(place.bugle(["replay", "run-1.1"])?.good()?, @"same  run-1.1: completed, [fuel] units of fuel");
    assert_eq!(json(&place, &["replay", "run-1.1"])?["is-same"], true);
    Ok(())
}

#[test]
fn a_dead_push_is_shown_retried_and_dropped() -> anyhow::Result<()> {
    let _filters = filters();
    let place = place_with_mail()?;
    let pushed = place.bugle(["push", INBOX, "no mail", "--wait"])?;
    assert_eq!(pushed.code, 1);
    insta::assert_snapshot!(pushed.out, @r"
    rejected  trigger-1, [time]
      the push is not a JSON list of mails: expected ident at line 1 column 2
    used …
    dead: trigger-1, rejected; `bugle runs retry trigger-1` tries again
    ");
    insta::assert_snapshot!(place.bugle(["runs", "--dead"])?.good()?, @"
    trigger    dead since            reason    attempts  app                        why
    trigger-1  [moment]  rejected  1         com.example.mail/new-mail  the push is not a JSON list of mails: expected ident at line 1 column 2
    ");
    insta::assert_snapshot!(place.bugle(["runs", "retry", "trigger-1"])?.good()?, @"trigger-1 has its attempts again");
    assert_eq!(json(&place, &["runs", "--outcome", "rejected"])?.as_array().map(Vec::len), Some(2));
    insta::assert_snapshot!(place.bugle(["runs", "drop", "trigger-1"])?.good()?, @"trigger-1 is gone");
    insta::assert_snapshot!(place.bugle(["runs", "--dead"])?.good()?, @"nothing is dead");
    Ok(())
}

#[test]
fn the_doctor_finds_a_sound_store() -> anyhow::Result<()> {
    let place = place_with_mail()?;
    let findings = json(&place, &["doctor"])?;
    let findings = findings.as_array().into_iter().flatten();
    let bad: Vec<_> = findings.clone().filter(|finding| finding["state"] == "bad").collect();
    assert!(bad.is_empty(), "{bad:?}");
    let names: Vec<_> = findings.filter_map(|finding| finding["what"].as_str()).collect();
    assert_eq!(names, ["data folder", "store", "engine", "compiler", "system limits", "rust"]);
    let said = place.bugle(["doctor"])?.good()?;
    assert!(said.contains("ok    store: every invariant holds\n"), "{said}");
    Ok(())
}

#[test]
fn nothing_is_everywhere_an_answer() -> anyhow::Result<()> {
    let place = Place::new()?;
    for args in [&["list"][..], &["toasts"], &["runs"], &["runs", "--dead"], &["channel", "list"]] {
        assert_eq!(json(&place, args)?, serde_json::json!([]), "{args:?}");
    }
    assert_eq!(place.bugle(["doctor"])?.code, 0);
    Ok(())
}

#[test]
fn what_an_app_has_used_of_its_quotas_is_listed() -> anyhow::Result<()> {
    let _filters = filters();
    let place = place_with_mail()?;
    place.bugle(["push", INBOX, &mail("1")])?.good()?;
    let listed = json(&place, &["list"])?;
    let quotas = listed[0]["quotas"].as_array().cloned().unwrap_or_default();
    let row =
        |name: &str| quotas.iter().find(|row| row["quota"] == name).cloned().unwrap_or_default();
    assert_eq!((&row("kept-runs")["used"], &row("kept-runs")["max"]), (&1.into(), &1000.into()));
    assert_eq!(row("toasts")["used"], 1);
    assert_eq!(quotas.len(), 8);
    let text = place.bugle(["list", "-v"])?.good()?;
    for row in &quotas {
        let (name, then) = (row["quota"].as_str(), row["then"].as_str());
        let has_both = |line: &str| {
            name.is_some_and(|name| line.starts_with(name))
                && then.is_some_and(|then| line.ends_with(then))
        };
        assert!(text.lines().any(has_both), "{row}: {text}");
    }
    assert!(text.contains("task new-mail  sha256 "), "{text}");
    let refused = |quotas: &str| place.bugle(["list", "--host-quotas", quotas]);
    assert_eq!(refused("failures=5")?.code, 0);
    let push = ["push", INBOX, "x", "--host-quotas", "failures=0"];
    insta::assert_snapshot!(place.bugle(push)?.refused(2)?, @"error: the quota `failures` is 0, and may be 1 to 1000000 failed runs of a task in a row");
    insta::assert_snapshot!(place.bugle(["app", "resume", MAIL])?.good()?, @"no task of com.example.mail is paused");
    Ok(())
}

#[test]
fn a_backup_of_a_running_host_brings_its_channels_back() -> anyhow::Result<()> {
    let place = place_with_mail()?;
    let before = address(&place, INBOX)?;
    let daemon = place.serve()?;
    let said = place.bugle(["backup", "today.db"])?.good()?;
    assert!(said.contains("it is a secret"), "{said}");
    let again = place.bugle(["backup", "today.db"])?;
    assert_eq!((again.code, again.out.as_str()), (3, ""), "{again:?}");
    drop(daemon);
    let other = Place::new()?;
    // The folder, and a store that is given up.
    assert_eq!(json(&other, &["list"])?, serde_json::json!([]));
    other.bugle(["install", &place.folder().join("mail").display().to_string()])?.good()?;
    assert_ne!(address(&other, INBOX)?, before);
    fs::copy(place.folder().join("today.db"), other.data().join("bugle.db-fresh"))?;
    assert_eq!(address(&other, INBOX)?, before, "the host's secret came with it");
    assert!(!other.data().join("bugle.db-fresh").exists());
    Ok(())
}

#[test]
fn a_picture_that_cannot_be_shown_is_named_and_takes_no_other_along() -> anyhow::Result<()> {
    let (place, folder) = place_with("chat")?;
    fs::create_dir(folder.join("lost+found"))?;
    fs::write(folder.join("drawing.png"), "<svg/>")?;
    fs::copy(folder.join("bubble.png"), folder.join("hidden.png"))?;
    for name in ["lost+found", "hidden.png"] {
        fs::set_permissions(folder.join(name), Permissions::from_mode(0o0))?;
    }
    let mut install = place.command(["install", "chat"])?;
    let said = Said::of(install.env("RUST_LOG", "warn").output()?)?;
    // A superuser reads it all the same.
    let is_hidden = fs::read(folder.join("hidden.png")).is_err();
    fs::set_permissions(folder.join("lost+found"), Permissions::from_mode(0o700))?;
    ensure!(said.code == 0, "{said:#?}");
    let mut named = vec!["`drawing.png`: it is no still picture"];
    if is_hidden {
        named.extend(["`hidden.png`: ", "`lost+found/`: "]);
    }
    for part in named {
        ensure!(said.err.contains(part), "`{part}` is not in {}", said.err);
    }
    let app: AppId = "com.example.chat".parse()?;
    let is_shown = |name| bugle::picture(&place.data(), &app, name).is_some();
    ensure!(is_shown("bubble.png") && !is_shown("drawing.png"), "the others are shown");
    Ok(())
}
