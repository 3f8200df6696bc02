//! After a sync that failed, and the end of the process, the same system opens the folder again: its
//! memory has what the disk never will. What is acknowledged from then on outlives a loss of power.

use std::fs::File;

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

use crate::chance::Chance;
use crate::disk::{Call, Fault, How};
use crate::faults::{Ended, everywhere, may_be, play_from};
use crate::platter::{Loss, Op, Platter};
use crate::power::open_image;
use crate::stage::Stage;
use crate::view::View;
use crate::workload;

/// How a folder says that the disk may not have what memory has. It need not outlive that memory, so
/// after a loss of power it is there or not.
const MARKER: &str = "bugle.db-unsynced";

/// A step in the middle of the workload, after the log was copied into the database.
const MIDDLE: &str = "turn of news";

/// The first sync fails.
const FORGOTTEN: Fault = Fault { call: Call::Sync, how: How::Forgotten, after: 0, times: 1 };

/// What happened from the kill of the process on.
struct Again {
    log: Vec<Op>,
    /// How long the log was at the kill, and when the store was open again.
    killed_at: usize,
    opened_at: usize,
    /// What the store showed at last.
    finished: View,
}

/// Kills the process, opens the folder again, and goes on.
fn again(ended: &Ended, has_marker: bool) -> anyhow::Result<Again> {
    let Ended { play, done, .. } = ended;
    play.disk.disarm();
    let folder = TempDir::with_prefix("bugle-again-")?;
    let data = folder.path().join("data");
    let disk = play.disk.after_a_kill(&data)?;
    let killed_at = disk.log().len();
    if has_marker && play.stage.folder.join(MARKER).exists() {
        File::create(data.join(MARKER))?;
    }
    let mut stage = Stage::in_folder(&data);
    stage.now = play.stage.now;
    stage.open().context("it does not open")?;
    let opened_at = disk.log().len();
    View::of(stage.reader()?)?.is_one_of(may_be(*done)?)?;
    workload::finish(&mut stage).context("it does not go on")?;
    let finished = View::of(stage.reader()?)?;
    Ok(Again { log: disk.log(), killed_at, opened_at, finished })
}

fn outlives_a_loss_of_power(ended: &Ended) -> anyhow::Result<()> {
    let Again { log, finished, .. } = again(ended, true)?;
    hold(&log, &[finished]).context("what was acknowledged afterwards")
}

fn hold(log: &[Op], views: &[View]) -> anyhow::Result<()> {
    let platter = Platter::after(log);
    let mut chance = Chance::of(log.len() as u64);
    for loss in [Loss::All, Loss::None, Loss::Some] {
        let mut image = platter.after_power_loss(loss, &mut chance);
        if chance.below(2) == 0 {
            image.0.insert(MARKER.to_owned(), Vec::new());
        }
        open_image(&image, views).context(format!("{loss:?}"))?;
    }
    Ok(())
}

#[test]
fn nothing_is_built_on_what_a_failed_sync_left_in_memory() -> anyhow::Result<()> {
    everywhere(Call::Sync, How::Forgotten, 1, |ended| outlives_a_loss_of_power(&ended))?;
    everywhere(Call::Sync, How::Reverted, 1, |ended| outlives_a_loss_of_power(&ended))
}

#[test]
fn a_loss_of_power_while_the_store_is_copied_loses_nothing() -> anyhow::Result<()> {
    let ended = play_from(MIDDLE, FORGOTTEN)?;
    let Again { log, killed_at, opened_at, .. } = again(&ended, true)?;
    println!("{} operations until the copy is in use", opened_at - killed_at);
    for end in killed_at..=opened_at {
        let broken = || format!("after operation {} of opening it", end - killed_at);
        hold(&log[..end], may_be(ended.done)?).with_context(broken)?;
    }
    Ok(())
}

/// Without the marker the folder is opened as it is, on what only memory has: the oracle can fail.
#[test]
fn what_is_built_on_memory_alone_is_lost_and_noticed() -> anyhow::Result<()> {
    let Again { log, finished, .. } = again(&play_from(MIDDLE, FORGOTTEN)?, false)?;
    let noticed = hold(&log, &[finished]).err().context("nothing was noticed")?;
    ensure!(format!("{noticed:#}").contains("there should be"), "another thing: {noticed:#}");
    Ok(())
}
