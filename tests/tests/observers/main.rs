//! A host as those see it who watch it: numbers, as Prometheus reads them, and toasts that go to files and
//! webhooks.

#[cfg(target_os = "linux")]
mod desktop;
mod lines;
mod metrics;
mod otlp;
mod prometheus;
mod receiver;
#[cfg(target_os = "linux")]
mod reply;
mod webhook;

use anyhow::Result;
use bugle_tests::AppSource;
use bugle_tests::program::Place;

const INBOX: &str = "com.example.mail/inbox";

/// A place where the mail example is installed and its channel open.
fn place_with_mail() -> Result<Place> {
    let place = Place::new()?;
    place.app("mail", &AppSource::example("mail")?)?;
    place.bugle(["install", "mail"])?.good()?;
    place.bugle(["channel", "open", INBOX])?.good()?;
    Ok(place)
}

/// A push of one mail, or of none.
fn push(place: &Place, content: &str) -> Result<()> {
    place.bugle(["push", INBOX, content, "--ttl", "0", "--wait"]).map(drop)
}

/// One mail.
const MAIL: &str = r#"[{"id":"1","from":"Ada","subject":"Lunch?"}]"#;
