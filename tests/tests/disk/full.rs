//! The program on a real disk that is full, and on one that is read-only.
//!
//! A limit on the size of files is there on every system, and to the store is a write that fails. A small
//! file system that is really full needs a mount, which not every system allows.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use bugle::{Host, Value};
use bugle_tests::program::{Daemon, Place, Said};
use bugle_tests::tally;

const APP: &str = "com.example.tally";
const INBOX: &str = "com.example.tally/inbox";

/// The setting that counts.
const SETTING: &str = "settings";

/// How much a file may grow: a few dozen pushes.
const ROOM_BYTES: u64 = 1 << 20;

/// A small disk, and a larger one. The host leaves a twentieth for what was accepted.
const SMALL: &str = "12m";
const LARGER: &str = "200m";

/// What is left of the small disk for pushes: less than the log of the database takes until it begins anew,
/// and twice what the host leaves.
const LEFT_BYTES: u64 = 1_300_000;

/// More pushes than there is room for then, and fewer than a setting has.
const PUSHES_MAX: u32 = 1_500;

/// Longer than a host takes to end, or to see that there is room.
const PATIENCE: Duration = Duration::from_secs(20);

/// What runs a program that is not to be killed by the system for a file that is too large.
const UNKILLED: [&str; 3] = ["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""];

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

/// The program with arguments, run by another.
fn command_by(place: &Place, by: &[&str], args: &[&str]) -> anyhow::Result<Command> {
    let command = place.command(args)?;
    let (first, rest) = by.split_first().context("there is a program")?;
    let mut outer = Command::new(first);
    outer.args(rest).arg(command.get_program()).args(command.get_args());
    outer.current_dir(place.folder()).env_clear();
    outer.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Ok(outer)
}

/// A place with the app installed, and where to push.
fn place() -> anyhow::Result<(Place, String)> {
    let place = Place::new()?;
    let folder = place.app("tally", &tally::app(APP)?)?;
    place.bugle(["install".as_ref(), folder.as_os_str()])?.good()?;
    let opened = place.bugle(["channel", "open", INBOX, "--json"])?.json()?;
    let path = opened["path"].as_str().context("a channel has a path")?.to_owned();
    Ok((place, path))
}

/// Pushes until one is not taken, from a number on; gives the numbers that were, and what the sender of
/// the last was told, if anything.
fn push_until_refused(
    daemon: &Daemon,
    path: &str,
    first: u32,
) -> anyhow::Result<(Vec<u32>, Option<u16>)> {
    let mut connection = daemon.connect()?;
    let mut taken = Vec::new();
    for number in first..first + PUSHES_MAX {
        match connection.push(path, &tally::push(SETTING, number, "")) {
            Ok(answer) if answer.status == 201 => taken.push(number),
            Ok(answer) => return Ok((taken, Some(answer.status))),
            Err(_) => return Ok((taken, None)),
        }
    }
    bail!("{PUSHES_MAX} pushes were taken")
}

/// Every push that was taken had its effects once. One that was not may have them, too.
fn hold(counted: &[u32], taken: &[u32]) -> anyhow::Result<()> {
    let lost: Vec<_> = taken.iter().filter(|number| !counted.contains(number)).collect();
    ensure!(lost.is_empty(), "{} pushes were taken and lost: {lost:?}", lost.len());
    let mut once = counted.to_vec();
    once.sort_unstable();
    once.dedup();
    ensure!(once.len() == counted.len(), "pushes had their effects twice: {counted:?}");
    Ok(())
}

/// The numbers that were counted when all that waited has run.
fn counted(data: &Path) -> anyhow::Result<Vec<u32>> {
    let host = Host::builder().data_dir(data).build().wait()?;
    host.settled().wait()?;
    let violations = host.reader().check()?;
    ensure!(violations.is_empty(), "the store is not sound: {violations:?}");
    let settings = host.reader().settings(&APP.parse()?)?;
    host.shutdown().wait()?;
    match settings.get(SETTING) {
        Some(Value::Bytes(bytes)) => Ok(tally::numbers(&bytes.0)),
        other => bail!("nothing was counted: {other:?}"),
    }
}

/// Sets how large a file of a process may be.
fn limit(process: u32, bytes: &str) -> anyhow::Result<()> {
    let pid = process.to_string();
    let soft = format!("--fsize={bytes}:");
    let status = Command::new("prlimit").args(["--pid", &pid, &soft]).status()?;
    ensure!(status.success(), "prlimit ends with {status}");
    Ok(())
}

/// A disk that refuses to write is no disk that is full: the host says so and ends, and the next one
/// goes on with all that was taken.
#[test]
fn a_file_that_cannot_grow_ends_the_host_with_a_word_and_loses_nothing() -> anyhow::Result<()> {
    let (place, path) = place()?;
    let daemon = Daemon::start(command_by(&place, &UNKILLED, &SERVE)?, |line| line)?;
    let first = daemon.connect()?.push(&path, &tally::push(SETTING, 0, ""))?;
    ensure!(first.status == 201, "the first push was answered {first:?}");
    let log = fs::metadata(place.data().join("bugle.db-wal"))?.len();
    limit(daemon.process(), &(log + ROOM_BYTES).to_string())?;
    let (taken, refused) = push_until_refused(&daemon, &path, 1)?;
    ensure!(refused.is_none_or(|status| status == 503), "it answered {refused:?}");
    let start = Instant::now();
    while daemon.connect().is_ok() {
        ensure!(start.elapsed() < PATIENCE, "the host goes on with a store that has failed");
    }
    let (status, _, log) = daemon.terminate()?;
    ensure!(status.code() == Some(3), "it ended with {status}: {log}");
    ensure!(log.contains("store"), "it says nothing of the store: {log}");
    println!("{} pushes taken until a write failed", taken.len() + 1);
    hold(&counted(&place.data())?, &[&[0], &taken[..]].concat())
}

/// A place of its own in the tree of files, for what is mounted on the data folder. It ends with this.
struct Mounted {
    keeper: Child,
}

impl Mounted {
    /// None, with the reason printed, where the system does not allow it.
    fn new(place: &Place, mount: &str) -> anyhow::Result<Option<Self>> {
        let script = format!("{mount} && echo mounted && exec cat");
        let mut command = Command::new("unshare");
        // As root of its own, where the user is not root.
        command.args(["--map-root-user", "--mount", "sh", "-c", &script, "sh"]);
        command.arg(place.data()).arg(place.folder().join("copy"));
        let mut keeper = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut said = [0; 8];
        let out = keeper.stdout.as_mut().context("standard output is a pipe")?;
        let read = std::io::Read::read_exact(out, &mut said);
        let mounted = Self { keeper };
        if read.is_err() {
            println!("nothing is tried on a mounted disk: this system mounts none for a user");
            return Ok(None);
        }
        Ok(Some(mounted))
    }

    /// The program, in that place.
    fn command(&self, place: &Place, args: &[&str]) -> anyhow::Result<Command> {
        let keeper = self.keeper.id().to_string();
        let by = ["nsenter", "--target", &keeper, "--user", "--mount", "--preserve-credentials"];
        command_by(place, &by, args)
    }

    /// A word of the shell, in that place.
    fn shell(&self, place: &Place, script: &str) -> anyhow::Result<()> {
        let keeper = self.keeper.id().to_string();
        let mut command = Command::new("nsenter");
        command.args(["--target", &keeper, "--user", "--mount", "--preserve-credentials"]);
        command.args(["sh", "-c", script, "sh"]);
        let status = command.arg(place.data()).arg(place.folder().join("copy")).status()?;
        ensure!(status.success(), "`{script}` ends with {status}");
        Ok(())
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // Ended already, which is as good.
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}

#[test]
fn a_full_disk_refuses_pushes_until_there_is_room_and_loses_none() -> anyhow::Result<()> {
    let (place, path) = place()?;
    let mount = format!(
        "cp -a \"$1\" \"$2\" && mount -t tmpfs -o mode=700,size={SMALL} tmpfs \"$1\" \
         && cp -a \"$2/.\" \"$1\" && rm -r \"$2\""
    );
    let Some(disk) = Mounted::new(&place, &mount)? else { return Ok(()) };
    let daemon = Daemon::start(disk.command(&place, &SERVE)?, |line| line)?;
    let fill = format!(
        "free=$(df -B1 --output=avail \"$1\" | tail -n 1) \
         && head -c $((free - {LEFT_BYTES})) /dev/zero > \"$1/filler\""
    );
    disk.shell(&place, &fill)?;
    let (mut taken, refused) = push_until_refused(&daemon, &path, 0)?;
    ensure!(refused == Some(503), "the disk is full, and the push was answered {refused:?}");
    println!("{} pushes taken until the disk was full", taken.len());
    disk.shell(&place, &format!("mount -o remount,size={LARGER} \"$1\""))?;
    let mut connection = daemon.connect()?;
    let next = PUSHES_MAX + 1;
    let start = Instant::now();
    loop {
        let answer = connection.push(&path, &tally::push(SETTING, next, ""))?;
        if answer.status == 201 {
            taken.push(next);
            break;
        }
        ensure!(answer.status == 503, "it answered {}", answer.status);
        ensure!(start.elapsed() < PATIENCE, "there is room, and it takes nothing: {answer:?}");
    }
    let (status, _, log) = daemon.terminate()?;
    ensure!(status.success(), "it ended with {status}: {log}");
    disk.shell(&place, "cp -a \"$1\" \"$2\"")?;
    hold(&counted(&place.folder().join("copy"))?, &taken)
}

#[test]
fn a_data_folder_that_is_read_only_is_told_in_one_sentence() -> anyhow::Result<()> {
    let (place, _) = place()?;
    let mount = "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\"";
    let Some(disk) = Mounted::new(&place, mount)? else { return Ok(()) };
    let output = disk.command(&place, &SERVE)?.stdin(Stdio::null()).output()?;
    let said = Said::of(output)?.refused(3)?;
    ensure!(said.contains("Read-only file system"), "it says: {said}");
    ensure!(said.lines().count() == 1, "it says more than one sentence: {said}");
    Ok(())
}
