//! Toasts as sinks show them: the daemon's terminal and its lines of JSON, and those of an embedder.

use std::fs::File;

use anyhow::{Result, ensure};
use bugle::{ChannelSink, JsonLinesSink, Push, ToastChange, ToastEvent};
use bugle_tests::Scene;

use crate::script::{self, Script};
use crate::strings::{HOSTILE, assert_plain, without_colours, word};
use crate::{APP, INBOX, place, tag};

fn toast(text: &str) -> Script {
    Script::of("toast", &[text, text, tag(text), tag(text), text, text])
        .then("update", &[tag(text), tag(text), text])
}

#[test]
fn a_daemon_shows_all_texts_and_obeys_none() -> Result<()> {
    let place = place()?;
    let daemon = place.serve_with(&["--sink", "terminal", "--color", "always"])?;
    for text in HOSTILE {
        place.bugle_reading(["push", INBOX, "--wait"], &Vec::from(toast(text)))?.good()?;
        // Title, then body and action a little to the right; and the same once it is updated.
        for start in [format!("[{APP}] toast: "), format!("[{APP}] toast updated: ")] {
            let title = daemon.line()?;
            ensure!(title.starts_with(&start) && title.contains(word(text)), "{title:?}");
            let (body, action) = (daemon.line()?, daemon.line()?);
            ensure!(body.starts_with("    ") && body.contains(word(text)), "{body:?}");
            ensure!(action.starts_with("    (") && action.contains(word(text)), "{action:?}");
            for line in [title, body, action] {
                assert_plain("the terminal's sink", &line)?;
            }
        }
    }
    let (lines, log) = daemon.kill()?;
    assert_plain("what is left", &lines.join("\n"))?;
    assert_plain("the log", &without_colours(&log))
}

#[test]
fn a_daemon_writes_all_texts_as_json() -> Result<()> {
    let place = place()?;
    let daemon = place.serve_with(&["--json"])?;
    for text in HOSTILE {
        let pushed = Vec::from(Script::of("toast", &[text, text, "", "", text, text]));
        place.bugle_reading(["push", INBOX, "--wait"], &pushed)?.good()?;
        let line = daemon.line()?;
        assert_plain("the sink of JSON", &line)?;
        let event: ToastEvent = serde_json::from_str(&line)?;
        let ToastChange::Show { toast, .. } = event.change else { anyhow::bail!("{line}") };
        assert_eq!((toast.title.as_str(), toast.body.as_str()), (text, text));
        assert_eq!(toast.actions[0].label, text);
        assert_eq!(toast.attribution.as_deref(), Some(text));
    }
    Ok(())
}

#[test]
fn an_embedder_is_given_the_texts_themselves() -> Result<()> {
    let file = tempfile::NamedTempFile::new()?;
    let path = file.path().to_owned();
    let scene = Scene::builder()
        .app(script::app(APP))
        .host(move |builder| {
            let out = File::options().append(true).open(&path).expect("the file is there");
            builder.sink(JsonLinesSink::new(out))
        })
        .start()?;
    for text in HOSTILE {
        // With all that a sender says beside its content.
        let push = Push::new(toast(text)).content_type(text).header("x-note", text).sender(text);
        scene.push_as("inbox", push)?.report().wait()?;
    }
    scene.settle();
    let titles: Vec<String> = scene
        .shown()
        .into_iter()
        .filter_map(|event| match event.change {
            ToastChange::Show { toast, .. } => Some(toast.title),
            _ => None,
        })
        .collect();
    assert_eq!(titles, HOSTILE);
    let lines = std::fs::read_to_string(file.path())?;
    assert_plain("the file of JSON", &lines)?;
    let events: Vec<ToastEvent> =
        lines.lines().map(serde_json::from_str).collect::<serde_json::Result<_>>()?;
    assert_eq!(events, scene.shown());
    Ok(())
}

#[test]
fn who_sent_a_push_is_listed_plainly() -> Result<()> {
    let place = place()?;
    for text in HOSTILE {
        let (sink, _events) = ChannelSink::new();
        let host = bugle::Host::builder().data_dir(place.data()).sink(sink).build().wait()?;
        let push = Push::new(Script::of("log", &["x"])).sender(text);
        host.push(&INBOX.parse()?, push).wait()?.ending().wait()?;
        host.shutdown().wait()?;
        drop(host);
        let said = crate::say_plainly(&place, &["channel", "list"])?;
        ensure!(said.contains(word(text)), "{text:?}: {said}");
        assert_eq!(crate::json(&place, &["channel", "list"])?[0]["pushed-by"], text);
    }
    Ok(())
}
