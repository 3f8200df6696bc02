//! What is wrong is refused with one line, mostly a hint, and the exit code 2; nothing is written.

use std::fs;

use bugle_tests::AppSource;
use bugle_tests::program::Place;

use crate::{INBOX, MAIL, filters, json, place_with, place_with_mail};

/// What a command that is refused says.
fn refused(place: &Place, args: &[&str]) -> anyhow::Result<String> {
    place.bugle(args)?.refused(2)
}

#[test]
fn what_is_no_task_is_not_run() -> anyhow::Result<()> {
    let (place, folder) = place_with("mail")?;
    fs::create_dir(place.folder().join("empty"))?;
    place.file("text.wasm", "not a component")?;
    place.file("core.wasm", b"\0asm\x01\0\0\0")?;
    let whole = fs::read(folder.join("mail.wasm"))?;
    place.file("cut.wasm", &whole[..whole.len() - 1])?;
    let run = |task: &str| refused(&place, &["run", task, "--push", "x"]);
    insta::assert_snapshot!(run("nowhere")?, @"error: `nowhere` cannot be used: No such file or directory (os error 2)");
    insta::assert_snapshot!(run("empty")?, @"
    error: there is no `bugle.toml` in `empty`
    hint: an app is a folder with a bugle.toml that names it and its tasks
    ");
    insta::assert_snapshot!(run("text.wasm")?, @"error: `text.wasm`: the file is text; give a component in binary form, the `.wasm` file that the build wrote");
    insta::assert_snapshot!(run("core.wasm")?, @"error: `core.wasm`: the file is a core module, not a component; build it as a component of the world `bugle:task/background-task`");
    let cut = run("cut.wasm")?;
    assert!(cut.starts_with("error: `cut.wasm`: the component is damaged or uses"), "{cut}");
    assert_eq!(cut.lines().count(), 1);
    Ok(())
}

#[test]
fn a_wrong_manifest_is_refused_with_its_line_and_nothing_is_installed() -> anyhow::Result<()> {
    let _filters = filters();
    let place = Place::new()?;
    let mut number = 0;
    let mut install = |from: &str, to: &str| {
        number += 1;
        let name = format!("app-{number}");
        place.app(&name, &AppSource::example("mail")?.replace(from, to))?;
        let said = refused(&place, &["install", &name])?;
        anyhow::ensure!(said.lines().next().is_some_and(|line| line.starts_with("error: ")));
        assert_eq!(json(&place, &["list"])?, serde_json::json!([]), "{to}");
        Ok(said)
    };
    insta::assert_snapshot!(install("name = \"Mail\"", "nam = \"Mail\"")?, @"error: [place]/app-1/bugle.toml:3: unknown field `nam`, expected one of `id`, `name`, `version`");
    insta::assert_snapshot!(install("\"1.0.0\"", "1")?, @"error: [place]/app-2/bugle.toml:4: invalid type: integer `1`, expected a string");
    insta::assert_snapshot!(install("[permissions]", "[permission]")?, @"error: [place]/app-3/bugle.toml:11: unknown field `permission`, expected one of `app`, `task`, `channel`, `permissions`, `build`");
    insta::assert_snapshot!(install("[permissions]", "limits.fuel = 0\n[permissions]")?, @"error: [place]/app-4/bugle.toml:11: the limit `fuel` is 0, and this host allows 1 to 500000000 units");
    insta::assert_snapshot!(install("\"raw-notification\"", "\"timer\"")?, @"error: [place]/app-5/bugle.toml:9: `timer` is not there yet; this version raises `raw-notification`, `toast-activated`, `toast-dismissed`, `application`, `channel-expiring`, `custom`");
    insta::assert_snapshot!(install("mail.wasm", "other.wasm")?, @"error: `[place]/app-6/other.wasm` cannot be used: No such file or directory (os error 2)");
    insta::assert_snapshot!(install("mail.wasm", "../mail.wasm")?, @"error: [place]/app-7/bugle.toml:8: a component is a path inside the app's folder, like `task.wasm`");
    Ok(())
}

#[test]
fn a_manifest_that_is_no_text_and_a_component_that_is_none_are_not_installed() -> anyhow::Result<()>
{
    let _filters = filters();
    let (place, folder) = place_with("mail")?;
    fs::write(folder.join("mail.wasm"), "text")?;
    insta::assert_snapshot!(refused(&place, &["install", "mail"])?, @"error: `[place]/mail/mail.wasm`: the file is text; give a component in binary form, the `.wasm` file that the build wrote");
    fs::write(folder.join("bugle.toml"), b"[app]\nid = \"\xff\"\n")?;
    insta::assert_snapshot!(refused(&place, &["install", "mail"])?, @"error: `[place]/mail/bugle.toml` cannot be used: it is not UTF-8 text");
    let said = place.bugle(["install", "mail", "--json"])?.refused(2)?;
    let said: serde_json::Value = serde_json::from_str(&said)?;
    assert_eq!(said["error"]["code"], "file");
    assert_eq!(json(&place, &["list"])?, serde_json::json!([]));
    Ok(())
}

#[test]
fn an_update_that_is_refused_leaves_the_app_as_it_was() -> anyhow::Result<()> {
    let place = place_with_mail()?;
    let before = json(&place, &["list"])?;
    let broken = AppSource::example("mail")?.replace("1.0.0", "2.0.0").with_component(b"text");
    place.app("broken", &broken)?;
    refused(&place, &["install", "broken"])?;
    assert_eq!(json(&place, &["list"])?, before);
    Ok(())
}

#[test]
fn a_push_has_1_to_5000_bytes_and_an_open_channel() -> anyhow::Result<()> {
    let place = place_with_mail()?;
    place.file("large", vec![b'x'; 5_001])?;
    let push = |channel: &str, content: &str| refused(&place, &["push", channel, content]);
    insta::assert_snapshot!(push(INBOX, "")?, @"error: the push is empty");
    insta::assert_snapshot!(push(INBOX, "large")?, @"error: the content has 5001 bytes, and may have 5000");
    insta::assert_snapshot!(push("com.example.mail/outbox", "x")?, @"
    error: the channel `com.example.mail/outbox` is not open
    hint: `bugle channel open APP/CHANNEL` opens it
    ");
    insta::assert_snapshot!(refused(&place, &["channel", "open", "com.example.mail/outbox"])?, @"
    error: there is no channel `com.example.mail/outbox` in the app's manifest
    hint: a channel needs a `[[channel]]` in the app's bugle.toml
    ");
    insta::assert_snapshot!(push("com.example.chat/inbox", "x")?, @"
    error: there is no app `com.example.chat`
    hint: `bugle list` shows the installed apps
    ");
    place.bugle(["channel", "close", INBOX])?.good()?;
    insta::assert_snapshot!(push(INBOX, "x")?, @"
    error: the channel `com.example.mail/inbox` is not open
    hint: `bugle channel open APP/CHANNEL` opens it
    ");
    assert_eq!(json(&place, &["runs"])?, serde_json::json!([]));
    Ok(())
}

#[test]
fn a_test_run_refuses_what_a_host_would() -> anyhow::Result<()> {
    let (place, _) = place_with("mail")?;
    let run = |more: &[&str]| refused(&place, &[&["run", "mail"], more].concat());
    insta::assert_snapshot!(run(&["--push", ""])?, @"error: the push is empty");
    insta::assert_snapshot!(run(&["--application", "x"])?, @"
    error: the app `com.example.mail` has no task that takes `application` triggers
    hint: add the kind to the `triggers` of a task in bugle.toml
    ");
    insta::assert_snapshot!(run(&["--push", "x", "--limits", "fuel=0"])?, @"error: the limit `fuel` is 0, and may be 1 to 100000000000 units");
    insta::assert_snapshot!(run(&["--push", "x", "--limits", "fuel"])?, @"error: `fuel` is not a name and its value, like `fuel=1000000`");
    let unknown = run(&["--push", "x", "--limits", "speed=1"])?;
    assert!(unknown.starts_with("error: there is no limit `speed`; the limits are fuel, "));
    insta::assert_snapshot!(run(&["--push", "x", "--setting", "/a=1"])?, @"error: a name in a path has at least 1 byte");
    insta::assert_snapshot!(run(&["--push", "x", "--task", "old"])?, @"error: the app `com.example.mail` has no task `old`");
    Ok(())
}

#[test]
fn ids_that_are_none_and_things_that_are_not_there_are_told_apart() -> anyhow::Result<()> {
    let place = place_with_mail()?;
    let first = |args: &[&str]| -> anyhow::Result<String> {
        Ok(refused(&place, args)?.lines().next().unwrap_or_default().to_owned())
    };
    insta::assert_snapshot!(first(&["runs", "show", "17"])?, @"error: invalid value '17' for '<RUN>': `17` is not a run id: like `run-17.1`");
    insta::assert_snapshot!(first(&["runs", "show", "run-17.1"])?, @"error: there is no kept run `run-17.1`");
    insta::assert_snapshot!(first(&["replay", "run-17.1"])?, @"error: there is no kept run `run-17.1`");
    insta::assert_snapshot!(first(&["runs", "retry", "trigger-17"])?, @"error: there is no dead trigger `trigger-17`");
    insta::assert_snapshot!(first(&["runs", "drop", "trigger-17"])?, @"error: there is no dead trigger `trigger-17`");
    insta::assert_snapshot!(first(&["settings", "set", MAIL, "a//b", "1"])?, @"error: a name in a path has at least 1 byte");
    assert!(first(&["remove", "mail"])?.starts_with("error: invalid value 'mail' for '<APP>'"));
    for args in [
        &["remove", "com.example.chat"][..],
        &["settings", "list", "com.example.chat"],
        &["toasts", "--app", "com.example.chat"],
        &["runs", "--app", "com.example.chat"],
        &["channel", "list", "--app", "com.example.chat"],
        &["channel", "open", "com.example.chat/inbox"],
    ] {
        assert_eq!(first(args)?, "error: there is no app `com.example.chat`", "{args:?}");
    }
    Ok(())
}

#[test]
fn a_data_folder_that_is_a_file_is_refused() -> anyhow::Result<()> {
    let place = Place::new()?;
    place.file("file", "")?;
    insta::assert_snapshot!(refused(&place, &["list", "--data", "file"])?, @"
    error: the data folder `file` is not a folder
    hint: choose another with `--data DIR`
    ");
    Ok(())
}
