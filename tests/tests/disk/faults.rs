//! A call of the disk fails, in turn each of those that the workload makes.

use anyhow::{Context as _, bail, ensure};
use bugle_store::StoreError;

use crate::chance::Chance;
use crate::disk::{Call, Fault, How};
use crate::number;
use crate::platter::Loss;
use crate::stage::Stage;
use crate::view::{self, View};
use crate::workload::{self, Play, STEPS};

/// At how many places each fault comes, if nobody says: spread over all calls of the workload.
const PLACES: usize = 40;

/// The first calls, which make the store, are all among them.
const FIRST: u64 = 12;

/// How often a step is done again: more than calls fail.
const AGAIN: usize = 8;

/// What a store may say of a disk that fails.
const CODES: [&str; 3] = ["disk-full", "store-io", "store-failed"];

/// What came of a workload on a disk that fails.
pub(crate) struct Ended {
    pub(crate) play: Play,
    /// Steps that were acknowledged.
    pub(crate) done: usize,
    /// Why there are no more; none if all are.
    error: Option<StoreError>,
}

/// Does the steps, each again as long as its error is one that passes.
fn play(fault: Fault) -> anyhow::Result<Ended> {
    play_from(STEPS[0].0, fault)
}

/// As [`play`], with a disk that has its fault from a step on.
pub(crate) fn play_from(first: &str, fault: Fault) -> anyhow::Result<Ended> {
    let mut play = Play::new()?;
    for (step, (what, _)) in STEPS.iter().enumerate() {
        if *what == first {
            play.disk.arm(fault);
        }
        let mut tries = 0;
        while let Err(error) = play.step(step) {
            ensure!(CODES.contains(&error.code()), "`{what}`: {} {error}", error.code());
            tries += 1;
            let is_over = play.stage.store.is_some() && error.code() == "store-failed";
            if is_over || tries == AGAIN {
                return Ok(Ended { play, done: step, error: Some(error) });
            }
        }
        play.disk.mark(step + 1);
    }
    Ok(Ended { play, done: STEPS.len(), error: None })
}

/// How many calls of a kind the workload makes.
fn calls(call: Call) -> anyhow::Result<u64> {
    let ended = play(Fault { call, how: How::Io, after: u64::MAX, times: 0 })?;
    Ok(u64::MAX - ended.play.disk.left().context("the fault is to come")?)
}

/// Lets the fault come at places that are spread over the whole workload.
pub(crate) fn everywhere(
    call: Call,
    how: How,
    times: u64,
    hold: impl Fn(Ended) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let calls = calls(call)?;
    let places = number("BUGLE_FAULTS")?.unwrap_or(PLACES) as u64;
    let mut broken = Vec::new();
    let mut struck = 0;
    for place in 0..places.min(calls) {
        let after = if place < FIRST { place } else { place * calls / places.min(calls) };
        let held = play(Fault { call, how, after, times }).and_then(|ended| {
            struck += usize::from(ended.play.disk.has_struck());
            let step = STEPS.get(ended.done).map_or("the end", |step| step.0);
            hold(ended).context(format!("at `{step}`"))
        });
        if let Err(error) = held {
            broken.push(format!("{call:?} {after} of {calls}: {error:#}"));
        }
    }
    println!("{how:?} of {call:?}: at {struck} of {calls} places, {times} times");
    ensure!(struck > 0, "the fault never came");
    ensure!(broken.is_empty(), "{} times not as it must be: {broken:#?}", broken.len());
    Ok(())
}

/// What may be there if so many steps were acknowledged, and the next one was on its way or not.
pub(crate) fn may_be(done: usize) -> anyhow::Result<&'static [View]> {
    let views = workload::views()?;
    Ok(&views[done..views.len().min(done + 2)])
}

/// What there is when the folder is opened again, by the same system: as it was, and it goes on.
fn holds_after_restart(ended: Ended) -> anyhow::Result<()> {
    let Ended { mut play, done, .. } = ended;
    play.disk.disarm();
    // A loss of power instead: the same, of what is on the disk.
    let platter = play.disk.platter();
    let mut chance = Chance::of(done as u64);
    for loss in [Loss::All, Loss::None, Loss::Some] {
        let image = platter.after_power_loss(loss, &mut chance);
        crate::power::open_image(&image, may_be(done)?).context(format!("{loss:?}"))?;
    }
    play.stage.reader = None;
    play.stage.vanish();
    let mut stage = Stage::in_folder(&play.stage.folder);
    stage.now = play.stage.now;
    stage.open().context("it does not open")?;
    View::of(stage.reader()?)?.is_one_of(may_be(done)?)?;
    view::check(stage.reader()?)?;
    workload::finish(&mut stage).context("it does not go on")
}

/// All steps were done, the store was never opened more often than they say, and all is as if nothing
/// had failed.
fn nothing_is_missing(ended: Ended) -> anyhow::Result<()> {
    if let Some(error) = &ended.error {
        bail!("after {} steps: {} {error}", ended.done, error.code());
    }
    let reader = ended.play.stage.reader()?;
    View::of(reader)?.is_one_of(may_be(STEPS.len())?)?;
    view::check(reader)?;
    holds_after_restart(ended)
}

/// What failed is told; what was acknowledged is there.
fn nothing_is_lost(ended: Ended) -> anyhow::Result<()> {
    if let Some(error) = &ended.error {
        // It had its chance to go on: what it said last is what it says to everything.
        let next = ended.play.stage.tx(|store, reply| {
            store.set_cursor("sink".into(), 1, reply);
        });
        let refused = next.err().context("a store that has failed took more")?;
        ensure!(refused.code() == "store-failed", "after {error}: {refused}");
    }
    holds_after_restart(ended)
}

#[test]
fn a_full_disk_loses_nothing_and_work_resumes_when_there_is_room() -> anyhow::Result<()> {
    everywhere(Call::Write, How::Full, 1, nothing_is_missing)?;
    everywhere(Call::Write, How::Full, 3, nothing_is_missing)?;
    everywhere(Call::Write, How::HalfThenFull, 1, nothing_is_missing)
}

#[test]
fn a_read_only_disk_is_told_and_keeps_what_it_has() -> anyhow::Result<()> {
    let fault = Fault { call: Call::Write, how: How::ReadOnly, after: 0, times: u64::MAX };
    let ended = play_from("push 21", fault)?;
    let error = ended.error.as_ref().context("it was written to")?;
    ensure!(error.to_string().contains("attempt to write a readonly database"), "{error}");
    nothing_is_lost(ended)
}

#[test]
fn a_write_that_fails_is_told_and_loses_nothing() -> anyhow::Result<()> {
    everywhere(Call::Write, How::Io, 1, nothing_is_lost)?;
    everywhere(Call::Write, How::HalfThenIo, 1, nothing_is_lost)
}

#[test]
fn a_read_that_fails_is_told_and_loses_nothing() -> anyhow::Result<()> {
    everywhere(Call::Read, How::Io, 1, nothing_is_lost)
}

#[test]
fn a_file_that_cannot_be_opened_or_deleted_is_told_and_loses_nothing() -> anyhow::Result<()> {
    everywhere(Call::Folder, How::Io, 1, nothing_is_lost)
}

#[test]
fn a_sync_that_fails_is_told_and_loses_nothing() -> anyhow::Result<()> {
    everywhere(Call::Sync, How::Io, 1, nothing_is_lost)?;
    everywhere(Call::Sync, How::Reverted, 1, nothing_is_lost)?;
    everywhere(Call::Sync, How::Forgotten, 1, nothing_is_lost)
}
