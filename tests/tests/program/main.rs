//! The `bugle` program from the outside: its commands, its daemon, and its push door.

mod authoring;
mod build_refusals;
mod commands;
mod compile;
mod daemon;
mod following;
mod profile;
mod pushes;
mod refusals;
mod replay;
mod run;
mod senders;
mod slow;
mod templates;
mod terminal;
mod watching;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bugle_tests::program::{Daemon, Place};
use bugle_tests::{AppSource, World};
use insta::internals::SettingsBindDropGuard;
use serde_json::Value;

const MAIL: &str = "com.example.mail";
const INBOX: &str = "com.example.mail/inbox";

/// A push of one mail.
fn mail(id: &str) -> String {
    format!(r#"[{{"id":"{id}","from":"Ada","subject":"Lunch?"}}]"#)
}

/// A place with an example's app in a folder of its name, not installed.
fn place_with(example: &str) -> anyhow::Result<(Place, PathBuf)> {
    let place = Place::new()?;
    let folder = place.app(example, &AppSource::example(example)?)?;
    Ok((place, folder))
}

/// A place where the mail example is installed and its channel open.
fn place_with_mail() -> anyhow::Result<Place> {
    let (place, _) = place_with("mail")?;
    place.bugle(["install", "mail"])?.good()?;
    place.bugle(["channel", "open", INBOX])?.good()?;
    Ok(place)
}

/// The path to push to.
fn address(place: &Place, channel: &str) -> anyhow::Result<String> {
    let opened = place.bugle(["channel", "open", channel, "--json"])?.json()?;
    Ok(opened["path"].as_str().context("a channel has a path")?.to_owned())
}

/// A daemon, and the path to push to.
fn serve(place: &Place) -> anyhow::Result<(Daemon, String)> {
    let daemon = place.serve()?;
    let address = address(place, INBOX)?;
    Ok((daemon, address))
}

/// What a command answers, with `--json`.
fn json(place: &Place, args: &[&str]) -> anyhow::Result<Value> {
    let said = place.bugle(args.iter().chain(&["--json"]))?;
    anyhow::ensure!(said.code == 0, "{args:?}: {said:#?}");
    said.json()
}

/// The mail example with another task: a core module of these tests.
fn app_of(wat: &Path) -> anyhow::Result<AppSource> {
    let component = World::load()?.encode_file(wat)?;
    Ok(AppSource::example("mail")?.with_component(&component))
}

/// Takes out of snapshots what is of the moment, of the machine, or of the guest's toolchain.
fn filters() -> SettingsBindDropGuard {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "[moment]");
    settings.add_filter(r"(?m), \d+(\.\d)? (µs|ms|s)$", ", [time]");
    settings.add_filter(r"\b[0-9a-f]{64}\b", "[digest]");
    settings.add_filter(r"[A-Za-z0-9_-]{43}", "[address]");
    settings.add_filter(r"(?m)^used\n(  .*\n?)+", "used …\n");
    settings.add_filter(r"[\d,]+ units of fuel", "[fuel] units of fuel");
    settings.add_filter(r"[^\s`]*/bugle-\w{6}/", "[place]/");
    settings.bind_to_scope()
}
