//! The program is killed, again and again, at moments that the chance of a seed chooses, while
//! senders push; then everything that it said is held against what it kept.
//!
//! `BUGLE_KILLS` is the number of kills, a fifth of them in each of accept, claim, run, commit and
//! deliver; `BUGLE_SEED` another choice of moments.

mod chance;
mod kept;
mod round;
mod senders;

use std::collections::BTreeSet;
use std::env;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use bugle::{Host, Push, TriggerId};
use bugle_tests::program::Place;
use bugle_tests::tally;

use crate::chance::Chance;
use crate::kept::Kept;
use crate::round::{Round, Verb};
use crate::senders::{Channel, Said};

/// How many kills if nobody says: 25 in each verb.
const KILLS: usize = 125;

/// Apps that are pushed to, so that some runs go on beside others.
const APPS: usize = 4;

/// Within what time a host that was killed takes pushes again.
const RESTART_MAX: Duration = Duration::from_secs(1);

/// After so many rounds a host does all that waits, and is held against what was said. Each leaves up to a
/// hundred pushes of an app, whose queue has room for 10,000.
const ROUNDS_AT_ONCE: usize = 25;

/// Rounds beyond the kills: one whose kill came in another verb than it aimed at, and that had its
/// share already, is one more.
const ROUNDS_FOR_A_KILL: usize = 8;

#[test]
fn a_host_that_is_killed_loses_nothing_and_does_nothing_twice() -> anyhow::Result<()> {
    let kills = number("BUGLE_KILLS")?.unwrap_or(KILLS);
    let mut chance = Chance::of(number("BUGLE_SEED")?.unwrap_or(1) as u64);
    let place = Place::new()?;
    let channels = install(&place)?;
    let mut said = Said::default();
    let mut counts = [0_usize; Verb::ALL.len()];
    let mut slowest = Duration::ZERO;
    let (mut rounds, mut again) = (0, 0);
    let mut given_up = BTreeSet::new();
    while let Some(aim) = least(&counts).filter(|aim| counts[*aim as usize] < kills.div_ceil(5)) {
        ensure!(rounds < kills * ROUNDS_FOR_A_KILL, "the kills miss their verbs: {counts:?}");
        if chance.below(8) == 0 {
            round::kill_at_start(&place, &mut chance)?;
        }
        let round = Round { number: rounds, aim, channels: &channels };
        let ended = round.play(&place, &mut chance, &mut said)?;
        slowest = slowest.max(ended.started_in);
        if let Some(verb) = ended.verb {
            counts[verb as usize] += 1;
        }
        again += ended.again;
        rounds += 1;
        if rounds % ROUNDS_AT_ONCE == 0 {
            given_up = hold(&place, &channels, &mut said, given_up)?;
        }
    }
    given_up = hold(&place, &channels, &mut said, given_up)?;
    println!(
        "{rounds} kills, by verb {:?} {counts:?}; {} pushes accepted, {again} runs repeated, {} given \
         up; slowest restart {slowest:?}",
        Verb::ALL,
        said.accepted(),
        given_up.len(),
    );
    ensure!(slowest < RESTART_MAX, "a restart took {slowest:?}");
    Ok(())
}

/// Lets a host do all that waits, and holds what there is then against what was said. Gives what was given
/// up so far.
fn hold(
    place: &Place,
    channels: &[Channel],
    said: &mut Said,
    given_up: BTreeSet<TriggerId>,
) -> anyhow::Result<BTreeSet<TriggerId>> {
    let mut kept = Kept::after(&place.data(), channels, said)?;
    kept.given_up.extend(given_up);
    kept.hold_against(said, channels)?;
    Ok(kept.given_up)
}

/// What is lost between two hosts is noticed: the oracle can fail.
#[test]
fn a_push_that_is_lost_is_noticed() -> anyhow::Result<()> {
    let place = Place::new()?;
    let channels = install(&place)?;
    let mut said = Said::default();
    let lost = accept_unrun(&place, &channels[0], &said)?;
    let store = rusqlite::Connection::open(place.data().join("bugle.db"))?;
    // From both tables: of one alone the store itself says that it is not sound.
    for table in ["queue", "triggers"] {
        let delete = format!("DELETE FROM {table} WHERE id = ?1");
        assert_eq!(store.execute(&delete, [lost.cast_signed()])?, 1);
    }
    drop(store);
    let kept = Kept::after(&place.data(), &channels, &mut said)?;
    let noticed = kept.hold_against(&said, &channels).expect_err("a push was lost");
    assert!(noticed.to_string().contains("1 pushes were accepted and lost"), "{noticed:#}");
    Ok(())
}

/// Has two pushes accepted and stops the host before they run; the trigger of the second.
fn accept_unrun(place: &Place, channel: &Channel, said: &Said) -> anyhow::Result<u64> {
    let host = Host::builder().data_dir(place.data()).build().wait()?;
    // The first is offered to the app, which says nothing: the second waits behind it.
    let mut foreground = host.app(&channel.app)?.enter_foreground();
    let inbox = format!("{}/inbox", channel.app).parse()?;
    let mut last = 0;
    for number in 0..2 {
        let content = tally::push("settings", number, "");
        let receipt = host.push(&inbox, Push::new(content)).wait()?;
        last = receipt.id().0;
        said.note_accepted(number, &channel.app, last);
    }
    let offer = foreground.next_blocking();
    host.shutdown().wait()?;
    drop((offer, foreground));
    Ok(last)
}

fn number(variable: &str) -> anyhow::Result<Option<usize>> {
    let parse = |text: String| text.parse().with_context(|| format!("`{variable}` is no number"));
    env::var(variable).ok().map(parse).transpose()
}

/// The verb with the fewest kills.
fn least(counts: &[usize; Verb::ALL.len()]) -> Option<Verb> {
    Verb::ALL.into_iter().min_by_key(|verb| counts[*verb as usize])
}

/// Installs the apps and opens a channel of each, by a program that ends well.
fn install(place: &Place) -> anyhow::Result<Vec<Channel>> {
    (0..APPS)
        .map(|number| {
            let id = format!("com.example.tally{number}");
            let folder = place.app(&id, &tally::app(&id)?)?;
            place.bugle(["install".as_ref(), folder.as_os_str()])?.good()?;
            let open = ["channel", "open", &format!("{id}/inbox"), "--json"];
            let path = place.bugle(open)?.json()?["path"].as_str().map(str::to_owned);
            Ok(Channel { app: id.parse()?, path: path.context("a channel has a path")? })
        })
        .collect()
}
