//! Halves of characters: there is no text that has them, wherever they come from.

use anyhow::{Context as _, Result, ensure};
use bugle::{Ending, Quotas, TriggerState};
use bugle_tests::Scene;
use serde_json::Value;

use crate::script::{self, Script};
use crate::{APP, INBOX, json, place};

/// A high half by itself, as UTF-8 would write it; a pair, so written; what is too long; what is broken off.
const NOT_TEXT: [&[u8]; 6] = [
    b"\xed\xa0\x80",
    b"\xed\xa0\xbd\xed\xb8\x80",
    b"\xc0\x80",
    b"a\xff",
    b"\xf4\x90\x80\x80",
    b"\xe2\x82",
];

#[test]
fn a_guest_that_says_what_is_no_text_traps_and_leaves_nothing() -> Result<()> {
    // All of its runs fail, and it is to go on.
    let quotas = Quotas { failures: 1_000, ..Quotas::default() };
    let builder = Scene::builder().app(script::app(APP));
    let mut scene = builder.host(move |host| host.quotas(quotas.clone())).start()?;
    scene.leaves_triggers();
    for bytes in NOT_TEXT {
        let x = b"x".as_slice();
        for (act, words) in [
            ("log", &[bytes][..]),
            ("set", &[bytes, x]),
            ("set", &[x, bytes]),
            ("get", &[bytes]),
            ("clear", &[bytes]),
            ("toast", &[bytes]),
            ("toast", &[x, bytes]),
            ("toast", &[x, x, bytes]),
            ("toast", &[x, x, x, x, bytes]),
            ("update", &[x, b"", bytes]),
            ("hide", &[bytes, b""]),
            ("work", &[bytes, x]),
            ("fail", &[bytes]),
            ("reject", &[bytes]),
        ] {
            let script = Script::of("set", &["before", "x"]).then(act, words);
            let receipt = scene.app().request(None, script).wait()?;
            let id = receipt.id();
            let outcome = receipt.report().wait()?.result.outcome;
            assert_eq!(outcome.code(), "trapped", "{act} {words:?}: {outcome}");
            assert_ne!(scene.reader().trigger_state(id)?, TriggerState::Completed);
        }
    }
    assert!(scene.reader().settings(scene.app_id())?.is_empty());
    assert_eq!(scene.shown(), []);
    Ok(())
}

#[test]
fn bytes_are_bytes_whatever_they_are() -> Result<()> {
    // All of its runs fail, and it is to go on.
    let quotas = Quotas { failures: 1_000, ..Quotas::default() };
    let builder = Scene::builder().app(script::app(APP));
    let mut scene = builder.host(move |host| host.quotas(quotas.clone())).start()?;
    scene.leaves_triggers();
    for bytes in NOT_TEXT {
        // The content of work is no text.
        let ending = scene.push("inbox", Script::of("work", &[b"key", bytes]))?.ending().wait()?;
        assert!(matches!(ending, Ending::Completed(_)), "{ending:?}");
        assert_eq!(scene.app().take_resume_work().wait()?[0].content.0, bytes);
    }
    Ok(())
}

#[test]
fn escapes_of_halves_are_no_json_for_any_door() -> Result<()> {
    let place = place()?;
    let topic = json(&place, &["channel", "open", "com.example.loud/alerts", "--topic", "news"])?;
    let token = topic["token"].as_str().context("it has a token")?.to_owned();
    let address = json(&place, &["channel", "open", INBOX])?;
    let address = address["path"].as_str().context("it has a path")?.to_owned();
    let daemon = place.serve()?;
    let push = |path: &str, headers: &str, body: &[u8]| -> Result<(u16, String)> {
        let mut connection = daemon.connect()?;
        connection.send_push(path, headers, body)?;
        let answer = connection.answer()?;
        Ok((answer.status, answer.body))
    };
    let with_token = format!("authorization: Bearer {token}\r\n");
    let url = format!("http://{}{address}", daemon.door());
    for half in ["\\ud800", "\\udc00\\ud800", "\\ud83d"] {
        let ntfy = format!(r#"{{"topic":"news","message":"a{half}b"}}"#);
        let (status, body) = push("/", &with_token, ntfy.as_bytes())?;
        ensure!(status == 400, "ntfy: {status} {body}");
        let matrix = format!(
            r#"{{"notification":{{"event_id":"{half}","devices":[{{"app_id":"a","pushkey":"{url}"}}]}}}}"#
        );
        let (status, body) = push("/_matrix/push/v1/notify", "", matrix.as_bytes())?;
        ensure!(status == 400, "Matrix: {status} {body}");
    }
    // A pair is a character.
    let (status, body) = push("/", &with_token, br#"{"topic":"news","message":"a\ud83d\ude00b"}"#)?;
    ensure!(status == 200, "ntfy: {status} {body}");
    // As UTF-8 would write it, it is refused as text, and is what any bytes are as a plain push.
    let (status, body) = push("/news", &with_token, b"a\xed\xa0\x80b")?;
    ensure!(status == 400 || status == 200, "ntfy: {status} {body}");
    let (status, _) = push(&address, "", b"a\xed\xa0\x80b")?;
    ensure!(status == 201);
    let (_, _, log) = daemon.terminate()?;
    crate::strings::assert_plain("the log", &log)?;
    // Whatever was taken is told in JSON that everybody can read.
    let runs = json(&place, &["runs", "--limit", "1000"])?;
    for run in runs.as_array().context("a list")? {
        let id = run["run"].as_str().context("it has an id")?;
        let _: Value = json(&place, &["runs", "show", id])?;
    }
    Ok(())
}
