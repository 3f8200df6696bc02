//! `bugle serve`, and commands while it runs.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, ensure};
use bugle_tests::program::{Daemon, Place};
use bugle_tests::{AppSource, probes_folder};

use crate::{INBOX, MAIL, app_of, filters, json, mail, place_with, place_with_mail, serve};

/// Within what time a daemon ends when it is asked to. A run has a second of that; one that is waited for to
/// its end takes ten, and a connection twelve.
const STOP_MAX: Duration = Duration::from_secs(5);

fn mode(path: &Path) -> anyhow::Result<u32> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o777)
}

/// Ends a daemon, which has to do it well, and in time; its log.
fn stop(daemon: Daemon) -> anyhow::Result<String> {
    let (status, time, log) = daemon.terminate()?;
    ensure!(status.success(), "it ended with {status}: {log}");
    ensure!(time < STOP_MAX, "it ended after {time:?}: {log}");
    Ok(log)
}

#[test]
fn every_command_works_through_the_daemon() -> anyhow::Result<()> {
    let _filters = filters();
    let (place, _) = place_with("mail")?;
    let daemon = place.serve()?;
    let say = |args: &[&str]| place.bugle(args)?.good();
    insta::assert_snapshot!(say(&["install", "mail"])?, @"installed com.example.mail 1.0.0 (tasks: new-mail)");
    let opened = json(&place, &["channel", "open", INBOX])?;
    assert_eq!(opened["is-served"], true);
    let door = format!("http://{}/push/", daemon.door());
    assert!(opened["url"].as_str().is_some_and(|url| url.starts_with(&door)), "{opened}");
    let pushed = say(&["push", INBOX, &mail("1"), "--wait"])?;
    assert!(pushed.starts_with("completed  trigger-1, "), "{pushed}");
    assert_eq!(daemon.line()?, "[com.example.mail] toast: Ada");
    insta::assert_snapshot!(say(&["push", INBOX, &mail("2")])?, @"accepted trigger-2");
    insta::assert_snapshot!(say(&["settings", "set", MAIL, "inbox/last", "9"])?, @"inbox/last  9");
    insta::assert_snapshot!(say(&["settings", "unset", MAIL, "inbox/last"])?, @"inbox/last is not set");
    insta::assert_snapshot!(say(&["replay", "run-1.1"])?, @"same  run-1.1: completed, [fuel] units of fuel");
    assert_eq!(place.bugle(["push", INBOX, "no mail", "--wait"])?.code, 1);
    insta::assert_snapshot!(say(&["runs", "retry", "trigger-3"])?, @"trigger-3 has its attempts again");
    assert_eq!(place.bugle(["push", INBOX, "no mail", "--wait"])?.code, 1);
    insta::assert_snapshot!(say(&["runs", "drop", "trigger-4"])?, @"trigger-4 is gone");
    insta::assert_snapshot!(say(&["channel", "close", INBOX])?, @"closed com.example.mail/inbox");
    insta::assert_snapshot!(say(&["remove", MAIL])?, @"removed com.example.mail with all that it kept");
    stop(daemon).map(drop)
}

#[test]
fn what_is_wrong_is_said_alike_through_the_daemon() -> anyhow::Result<()> {
    let place = place_with_mail()?;
    place.file("large", vec![b'x'; 5_001])?;
    place.app("broken", &AppSource::example("mail")?.with_component(b"text"))?;
    let commands = [
        &["install", "broken"][..],
        &["push", INBOX, ""],
        &["push", INBOX, "large"],
        &["push", "com.example.mail/outbox", "x"],
        &["channel", "open", "com.example.chat/inbox"],
        &["settings", "set", MAIL, "a//b", "1"],
        &["runs", "retry", "trigger-17"],
        &["runs", "drop", "trigger-17"],
        &["replay", "run-17.1"],
        &["remove", "com.example.chat"],
    ];
    let refused = || commands.map(|args| place.bugle(args).and_then(|said| said.refused(2)));
    let alone = refused();
    let daemon = place.serve()?;
    for (args, (alone, beside)) in commands.iter().zip(alone.into_iter().zip(refused())) {
        assert_eq!(alone?, beside?, "{args:?}");
    }
    stop(daemon).map(drop)
}

#[test]
fn reads_work_beside_the_daemon() -> anyhow::Result<()> {
    let place = place_with_mail()?;
    let (daemon, address) = serve(&place)?;
    assert_eq!(daemon.connect()?.push(&address, mail("1").as_bytes())?.status, 201);
    // It ends after what was accepted before it.
    place.bugle(["push", INBOX, "[]", "--wait"])?.good()?;
    assert_eq!(json(&place, &["list"])?[0]["waiting"], 0);
    assert_eq!(json(&place, &["toasts"])?[0]["toast"]["title"], "Ada");
    assert_eq!(json(&place, &["runs"])?.as_array().map(Vec::len), Some(2));
    assert_eq!(json(&place, &["runs", "show", "run-1.1"])?["summary"]["outcome"], "completed");
    assert_eq!(json(&place, &["settings", "get", MAIL, "inbox/unread"])?["value"], 1);
    assert_eq!(json(&place, &["channel", "list"])?[0]["id"], INBOX);
    let doctor = json(&place, &["doctor"])?;
    let store = doctor.as_array().into_iter().flatten().find(|found| found["what"] == "store");
    assert_eq!(store.context("the doctor looks at the store")?["state"], "ok");
    stop(daemon).map(drop)
}

#[test]
fn only_the_owner_can_reach_the_data_and_the_socket() -> anyhow::Result<()> {
    let place = Place::new()?;
    let daemon = place.serve()?;
    assert_eq!(mode(&place.data())?, 0o700);
    assert_eq!(mode(&place.data().join("bugle.sock"))?, 0o600);
    for entry in fs::read_dir(place.data())? {
        let path = entry?.path();
        assert_eq!(mode(&path)? & 0o077, 0, "{}", path.display());
    }
    stop(daemon).map(drop)
}

#[test]
fn a_daemon_that_is_asked_to_end_cleans_up() -> anyhow::Result<()> {
    let place = place_with_mail()?;
    let (daemon, address) = serve(&place)?;
    // A sender that keeps its connection for the next push does not hold it up.
    let mut kept = daemon.connect()?;
    assert_eq!(kept.push(&address, mail("1").as_bytes())?.status, 201);
    let log = stop(daemon)?;
    assert!(log.ends_with("stopped\n"), "{log}");
    assert!(!log.contains(address.trim_start_matches("/push/")), "an address is never logged");
    assert_eq!(kept.rest()?, b"");
    assert!(!place.data().join("bugle.sock").exists());
    // What had been accepted has been run, or runs now.
    let settled = place.bugle(["push", INBOX, "[]", "--wait"])?.good()?;
    assert!(settled.starts_with("completed"), "{settled}");
    assert_eq!(place.bugle(["settings", "get", MAIL, "inbox/unread"])?.good()?, "1\n");
    Ok(())
}

#[test]
fn a_run_that_goes_on_for_ever_does_not_hold_up_the_end() -> anyhow::Result<()> {
    let (place, _) = place_with("mail")?;
    place.app("loop", &app_of(&probes_folder().join("loop.wat"))?)?;
    place.bugle(["install", "loop"])?.good()?;
    place.bugle(["channel", "open", INBOX])?.good()?;
    let (daemon, address) = serve(&place)?;
    assert_eq!(daemon.connect()?.push(&address, b"x")?.status, 201);
    stop(daemon)?;
    let apps = json(&place, &["list"])?;
    assert_eq!((&apps[0]["waiting"], &apps[0]["dead"]), (&1.into(), &0.into()), "it is kept");
    Ok(())
}

#[test]
fn a_second_daemon_is_refused() -> anyhow::Result<()> {
    let _filters = filters();
    let place = Place::new()?;
    let daemon = place.serve()?;
    let second = place.bugle(["serve", "--listen", "127.0.0.1:0"])?.refused(3)?;
    insta::assert_snapshot!(second, @"error: another bugle is running on `[place]/data`: use its commands, or stop it first");
    let other = Place::new()?;
    let door = daemon.door().to_string();
    let same_door = other.bugle(["serve", "--listen", &door])?.refused(3)?.replace(&door, "[door]");
    insta::assert_snapshot!(same_door, @"
    error: no door opens on [door] (Address already in use (os error 98)): choose another address, or end what uses it
    hint: choose it with `--listen ADDR`
    ");
    for option in ["--app-door", "--management-door", "--metrics-door"] {
        let other = other.bugle(["serve", "--listen", "127.0.0.1:0", option, &door])?.refused(3)?;
        ensure!(other.contains(&format!("choose it with `{option} ADDR`")), "{other}");
    }
    stop(daemon).map(drop)
}

#[test]
fn a_killed_daemon_is_in_nobodys_way() -> anyhow::Result<()> {
    let place = place_with_mail()?;
    place.serve()?.kill()?;
    assert!(place.data().join("bugle.sock").exists(), "nobody could remove it");
    place.bugle(["push", INBOX, &mail("1"), "--wait"])?.good()?;
    let daemon = place.serve()?;
    place.bugle(["push", INBOX, &mail("2"), "--wait"])?.good()?;
    stop(daemon).map(drop)
}

#[test]
fn a_daemon_can_speak_json() -> anyhow::Result<()> {
    let place = place_with_mail()?;
    let daemon = place.serve_with(&["--json"])?;
    place.bugle(["push", INBOX, &mail("1"), "--wait"])?.good()?;
    let event: serde_json::Value = serde_json::from_str(&daemon.line()?)?;
    assert_eq!(event["app-id"], MAIL);
    assert_eq!(event["change"]["toast"]["title"], "Ada");
    stop(daemon).map(drop)
}

/// The lines of a log in JSON.
fn objects(log: &str) -> anyhow::Result<Vec<serde_json::Value>> {
    log.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
}

#[test]
fn a_log_in_json_is_an_object_a_line_with_the_ids_of_traces() -> anyhow::Result<()> {
    let place = place_with_mail()?;
    let args = ["--sink", "terminal", "--log-format", "json", "-vv"];
    let daemon = place.serve_with(&args)?;
    let opened = place.bugle(["channel", "rotate", INBOX])?.good()?;
    let path = opened.split_once("/push/").context("it is an address")?.1;
    let path = format!("/push/{}", path.lines().next().unwrap_or_default());
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("traceparent: 00-{trace}-00f067aa0ba902b7-01\r\n");
    let mut connection = daemon.connect()?;
    connection.send_push(&path, &parent, mail("1").as_bytes())?;
    ensure!(connection.answer()?.status == 201);
    place.bugle(["push", INBOX, "no mail", "--wait"])?;
    let said = objects(&stop(daemon)?)?;
    for line in &said {
        let has = |name: &str| line[name].is_string();
        ensure!(["timestamp", "level", "target"].into_iter().all(has), "{line}");
    }
    let of = |message: &str| -> Vec<&serde_json::Value> {
        said.iter().filter(|line| line["message"] == message).collect()
    };
    ensure!(of("serving").len() == 1 && of("stopped").len() == 1, "{said:?}");
    let traces = |message: &str| -> Vec<_> {
        of(message).into_iter().map(|line| &line["trace_id"]).collect()
    };
    ensure!(traces("accepted")[0] == trace && traces("accepted") == traces("ran"), "{said:?}");
    let ran = of("ran")[0];
    ensure!(ran["run"] == "run-1.1" && ran["app"] == MAIL && ran["outcome"] == "completed");
    ensure!(of("ran")[1]["outcome"] == "rejected" && of("ran")[1]["level"] == "INFO", "{said:?}");
    // Who does not ask for more is told of what did not complete.
    let daemon = place.serve_with(&["--sink", "terminal", "--log-format", "json"])?;
    for content in [mail("2"), "no mail".to_owned()] {
        place.bugle(["push", INBOX, &content, "--ttl", "0", "--wait"])?;
    }
    let said = objects(&stop(daemon)?)?;
    let ran = said.iter().filter(|line| line["message"] == "ran").collect::<Vec<_>>();
    ensure!(ran.len() == 1 && ran[0]["outcome"] == "rejected", "{said:?}");
    ensure!(ran[0]["trace_id"].as_str().map(str::len) == Some(32), "{said:?}");
    // The error that it ends by as well.
    let args = ["serve", "--log-format", "json", "--listen", "127.0.0.1:0", "--otlp", "nothing"];
    let refused = place.bugle(args)?;
    let last = objects(&refused.err)?.pop().context("it says why")?;
    ensure!(refused.code == 2 && last["level"] == "ERROR", "{last}");
    ensure!(last["code"] == "receiver-url" && last["timestamp"].is_string(), "{last}");
    Ok(())
}

/// Whether a process has ended, and perhaps was not waited for.
fn is_dead(process: u32) -> bool {
    let state = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    state.rsplit_once(") ").is_none_or(|(_, state)| state.starts_with(['Z', 'X']))
}

#[test]
fn a_log_that_nobody_reads_holds_up_nothing() -> anyhow::Result<()> {
    let place = place_with_mail()?;
    let mut command = place.command(["serve", "--listen", "127.0.0.1:0", "--sink", "terminal"])?;
    command.args(["--log-format", "json"]).env("RUST_LOG", "trace");
    let (read_on, may_read) = std::sync::mpsc::channel::<()>();
    let daemon = Daemon::start(command, move |line| {
        // Until the other end is dropped.
        let _ = may_read.recv();
        line
    })?;
    // Each has some lines, and a pipe has room for 64 KiB.
    for push in 0..200 {
        place.bugle(["push", INBOX, &mail(&push.to_string()), "--wait"])?.good()?;
    }
    // It ends all the same, and says nothing of what nobody would read.
    let process = daemon.process();
    let ended = std::thread::spawn(move || daemon.terminate());
    let start = Instant::now();
    while !is_dead(process) {
        ensure!(start.elapsed() < Duration::from_secs(20), "it does not end");
        std::thread::yield_now();
    }
    drop(read_on);
    let (status, _, log) = ended.join().map_err(|_| anyhow!("it cannot be waited for"))??;
    ensure!(status.success(), "{status}");
    ensure!(log.len() > 32 * 1_024, "the pipe was full: {}", log.len());
    Ok(())
}
