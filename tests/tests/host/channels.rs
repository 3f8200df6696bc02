//! Channels are addresses: secret, stable, and gone when they are closed.

use std::time::Duration;

use anyhow::Result;
use bugle::{Address, Error, Push};
use bugle_tests::{Scene, puppet};

fn push_to(scene: &Scene, address: &Address) -> Result<(), Error> {
    let accepted = scene.host().push_to(address, Push::new("-")).wait();
    scene.settle();
    accepted.map(drop)
}

#[test]
fn opening_an_open_channel_gives_the_same_address() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    let (first, second) = (scene.open("inbox")?, scene.open("inbox")?);
    assert_eq!(first.address(), second.address());
    assert_eq!(first.expires_at(), second.expires_at());
    assert_ne!(first.address(), scene.open("alerts")?.address());
    Ok(())
}

#[test]
fn an_address_is_the_same_after_a_restart() -> Result<()> {
    let mut scene = Scene::builder().app(puppet("com.example.one")).on_disk().start()?;
    let before = scene.open("inbox")?;
    scene.shut_down()?;
    scene.start_again()?;
    push_to(&scene, before.address())?;
    assert_eq!(scene.open("inbox")?.address(), before.address());
    Ok(())
}

#[test]
fn other_hosts_have_other_addresses() -> Result<()> {
    let scenes = [(), ()].map(|()| Scene::builder().app(puppet("com.example.one")).start());
    let [one, two] = scenes;
    let (one, two) = (one?, two?);
    assert_ne!(one.open("inbox")?.address(), two.open("inbox")?.address());
    Ok(())
}

#[test]
fn a_channel_that_is_renewed_keeps_its_address() -> Result<()> {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    let channel = scene.open("inbox")?;
    scene.pass(20 * DAY);
    push_to(&scene, channel.address())?;
    let renewed = scene.host().renew_channel(channel.id()).wait()?;
    assert_eq!(renewed.address(), channel.address());
    assert_eq!(renewed.expires_at(), scene.now() + 30 * 24 * 60 * 60 * 1_000);
    scene.pass(20 * DAY);
    push_to(&scene, channel.address())?;
    scene.pass(11 * DAY);
    assert!(push_to(&scene, channel.address()).is_err(), "it has expired");
    let refused = scene.host().renew_channel(channel.id()).wait();
    assert!(matches!(refused, Err(Error::ChannelNotOpen { .. })), "{refused:?}");
    Ok(())
}

#[test]
fn a_push_that_was_on_its_way_when_the_channel_was_closed_is_refused() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    let channel = scene.open("inbox")?;
    let to = scene.host().destination(channel.address())?;
    assert!(scene.host().push_at(&to, Push::new("-")).wait().is_ok());
    scene.host().close_channel(channel.id()).wait()?;
    let refused = scene.host().push_at(&to, Push::new("-")).wait();
    assert!(matches!(refused, Err(Error::UnknownAddress)), "{refused:?}");
    scene.open("inbox")?;
    let refused = scene.host().push_at(&to, Push::new("-")).wait();
    assert!(matches!(refused, Err(Error::UnknownAddress)), "it has another address: {refused:?}");
    scene.settle();
    Ok(())
}

#[test]
fn a_closed_channel_leads_nowhere_and_never_again() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    let old = scene.open("inbox")?;
    push_to(&scene, old.address())?;
    let inbox = scene.channel_id("inbox");
    assert!(scene.host().close_channel(&inbox).wait()?);
    assert!(!scene.host().close_channel(&inbox).wait()?, "it is closed already");
    let by_address = push_to(&scene, old.address()).expect_err("it is closed");
    assert_eq!(by_address.to_string(), "there is no open channel with this address");
    assert_eq!(scene.push("inbox", "-").expect_err("it is closed").code(), "unknown-channel");

    let new = scene.open("inbox")?;
    assert_ne!(new.address(), old.address());
    push_to(&scene, new.address())?;
    assert!(push_to(&scene, old.address()).is_err());
    assert_eq!(scene.count("com.example.one"), 2);
    Ok(())
}

#[test]
fn what_a_channel_had_accepted_runs_after_it_is_closed() -> Result<()> {
    let mut scene = Scene::builder().app(puppet("com.example.one")).start()?;
    scene.push("inbox", "alater")?;
    scene.settle();
    scene.host().close_channel(&scene.channel_id("inbox")).wait()?;
    for _ in 0..2 {
        scene.pass(Duration::from_secs(5));
    }
    assert_eq!(scene.outcomes(), ["failed", "failed", "completed"]);
    scene.leaves_triggers();
    Ok(())
}

#[test]
fn a_channel_ends_after_thirty_days() -> Result<()> {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    let old = scene.open("inbox")?;
    assert_eq!(old.expires_at(), scene.now() + 30 * 24 * 60 * 60 * 1_000);
    scene.pass(29 * DAY);
    push_to(&scene, old.address())?;
    scene.pass(DAY);
    assert_eq!(push_to(&scene, old.address()).expect_err("it has ended").code(), "unknown-channel");
    assert_eq!(scene.push("inbox", "-").expect_err("it has ended").code(), "unknown-channel");
    assert_ne!(scene.open("inbox")?.address(), old.address());
    Ok(())
}

#[test]
fn only_channels_of_the_manifest_can_be_opened() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    let error = scene.open("outbox").expect_err("the manifest has none");
    assert_eq!(
        error.to_string(),
        "there is no channel `com.example.one/outbox` in the app's manifest"
    );
    let error = scene.open("com.example.none/inbox").expect_err("there is no such app");
    assert_eq!(error.to_string(), "there is no app `com.example.none`");
    Ok(())
}

#[test]
fn addresses_that_were_never_given_out_are_unknown() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    let made_up: Address = "A".repeat(43).parse()?;
    let error = push_to(&scene, &made_up).expect_err("nobody was given it");
    assert_eq!(error.to_string(), "there is no open channel with this address");
    assert!("../../etc/passwd".parse::<Address>().is_err());
    Ok(())
}

#[test]
fn the_store_has_no_address_in_it() -> Result<()> {
    let mut scene = Scene::builder().app(puppet("com.example.one")).on_disk().start()?;
    let address = scene.open("inbox")?.address().as_str().to_owned();
    scene.push("inbox", "-")?;
    scene.settle();
    scene.shut_down()?;
    for entry in std::fs::read_dir(scene.data())? {
        let path = entry?.path();
        if path.is_file() {
            let bytes = std::fs::read(&path)?;
            let is_in = bytes.windows(address.len()).any(|window| window == address.as_bytes());
            assert!(!is_in, "{}", path.display());
        }
    }
    Ok(())
}
