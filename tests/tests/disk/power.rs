//! The power goes after every operation of a workload on the disk, and what is left is opened again.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

use crate::chance::Chance;
use crate::disk::Disk;
use crate::number;
use crate::platter::{Image, Loss, Op, Platter};
use crate::stage::Stage;
use crate::view::{self, View};
use crate::workload::{self, Recording, STEPS};

/// Scrambled images after each operation, if nobody says: with the others about four thousand in all.
const SCRAMBLED: usize = 2;

/// Opens images, each that is like no other.
#[derive(Default)]
struct Bench {
    /// Hashes of what was tried, with how many steps were done.
    seen: HashSet<u64>,
    tried: usize,
}

impl Bench {
    fn try_one(&mut self, done: usize, image: &Image, views: &[View]) -> anyhow::Result<()> {
        let mut hash = DefaultHasher::new();
        (done, image).hash(&mut hash);
        if self.seen.insert(hash.finish()) {
            self.tried += 1;
            open_image(image, views)?;
        }
        Ok(())
    }
}

/// Opens an image in a folder of its own; it must show one of these views, and go on.
pub(crate) fn open_image(image: &Image, views: &[View]) -> anyhow::Result<()> {
    let folder = TempDir::with_prefix("bugle-image-")?;
    let data = folder.path().join("data");
    image.write(&data)?;
    let _disk = Disk::under(&data)?;
    let mut stage = Stage::in_folder(&data);
    stage.open().context("it does not open")?;
    let reader = stage.reader()?;
    View::of(reader)?.is_one_of(views)?;
    view::check(reader)?;
    workload::finish(&mut stage).context("it does not go on")?;
    Ok(stage.close()?)
}

/// Lets the power go after every operation of a kind; gives how many images there were, and what is
/// wrong with those that are not as they must be.
fn power_losses(
    recording: &Recording,
    is_of_the_kind: impl Fn(&Op) -> bool,
    losses: &[(Loss, usize)],
    chance: &mut Chance,
) -> anyhow::Result<(usize, Vec<String>)> {
    let Recording { log, views } = recording;
    let mut bench = Bench::default();
    let mut platter = Platter::default();
    let mut done = 0;
    let mut broken = Vec::new();
    for (at, op) in log.iter().enumerate() {
        platter.apply(op);
        if let Op::Mark(steps) = op {
            done = *steps;
        }
        if !is_of_the_kind(op) {
            continue;
        }
        let may_be = &views[done..views.len().min(done + 2)];
        for (loss, times) in losses {
            for _ in 0..*times {
                let image = platter.after_power_loss(*loss, chance);
                if let Err(error) = bench.try_one(done, &image, may_be) {
                    let step = STEPS.get(done).map_or("the end", |step| step.0);
                    broken.push(format!("after operation {at}, at `{step}`, {loss:?}: {error:#}"));
                }
            }
        }
    }
    Ok((bench.tried, broken))
}

#[test]
fn a_loss_of_power_after_any_operation_loses_nothing_that_was_acknowledged() -> anyhow::Result<()> {
    let scrambled = number("BUGLE_IMAGES")?.unwrap_or(SCRAMBLED);
    let mut chance = Chance::of(number("BUGLE_SEED")?.unwrap_or(1) as u64);
    let recording = workload::record(None)?;
    let losses = [(Loss::All, 1), (Loss::None, 1), (Loss::Growth, 1), (Loss::Some, scrambled)];
    let (tried, broken) = power_losses(&recording, |_| true, &losses, &mut chance)?;
    let (operations, syncs) = (recording.log.len(), recording.syncs());
    println!("{operations} operations, {syncs} syncs, {tried} images of the disk opened");
    ensure!(broken.is_empty(), "{} images are not as they must be: {broken:#?}", broken.len());
    Ok(())
}

/// A disk that says that it has synced and has not loses what was acknowledged, which is noticed: the
/// oracle can fail.
#[test]
fn a_disk_that_lies_is_noticed() -> anyhow::Result<()> {
    let from = STEPS.iter().position(|step| step.0 == "post a toast").context("a step")?;
    let recording = workload::record(Some(from))?;
    let is_mark = |op: &Op| matches!(op, Op::Mark(_));
    let losses = [(Loss::All, 1)];
    let (_, broken) = power_losses(&recording, is_mark, &losses, &mut Chance::of(1))?;
    let first = broken.first().context("nothing was noticed")?;
    ensure!(first.contains("what is there is not what was done"), "another thing: {first}");
    Ok(())
}
