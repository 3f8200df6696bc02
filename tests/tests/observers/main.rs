//! A host as those see it who watch it: numbers, as Prometheus reads them, and toasts that go to files and
//! webhooks.

#[cfg(target_os = "linux")]
mod desktop;
#[cfg(target_os = "linux")]
mod lasting;
mod lines;
mod metrics;
#[cfg(target_os = "linux")]
mod notices;
mod otlp;
mod prometheus;
mod receiver;
#[cfg(target_os = "linux")]
mod reply;
#[cfg(target_os = "linux")]
mod screen;
#[path = "../isolation/script.rs"]
mod script;
mod spans;
mod webhook;

use anyhow::Result;
use bugle_tests::AppSource;
use bugle_tests::program::Place;

use crate::script::Script;

const INBOX: &str = "com.example.mail/inbox";

/// The channel of the app that does what it is told.
const SCRIPTS: &str = "com.example.script/inbox";

/// A place where an app is installed and its channel open.
fn place_with(app: &AppSource, channel: &str) -> Result<Place> {
    let place = Place::new()?;
    place.app("app", app)?;
    place.bugle(["install", "app"])?.good()?;
    place.bugle(["channel", "open", channel])?.good()?;
    Ok(place)
}

/// A place with the mail example.
fn place_with_mail() -> Result<Place> {
    place_with(&AppSource::example("mail")?, INBOX)
}

/// A place with the app that does what its pushes say, and is woken by nothing else.
fn place_with_script() -> Result<Place> {
    let app = script::app("com.example.script");
    place_with(&app.replace(r#""toast-activated", "toast-dismissed", "#, ""), SCRIPTS)
}

/// Has the app do what it is told, to its end.
fn act(place: &Place, script: Script) -> Result<()> {
    place.bugle_reading(["push", SCRIPTS, "--wait"], &Vec::from(script))?.good().map(drop)
}

/// A push of one mail, or of none.
fn push(place: &Place, content: &str) -> Result<()> {
    place.bugle(["push", INBOX, content, "--ttl", "0", "--wait"]).map(drop)
}

/// One mail.
const MAIL: &str = r#"[{"id":"1","from":"Ada","subject":"Lunch?"}]"#;
