//! Probes by `bugle run`: a process of its own for each, with nothing kept.

use std::io::Read as _;
use std::process::{ExitStatus, Stdio};

use anyhow::{Context as _, ensure};
use bugle_task::RunReport;
use bugle_tests::probe::Probe;
use bugle_tests::probe::process::Process;
use bugle_tests::program::Place;

/// Variables that the program has and no guest may see, and what is in them.
pub(crate) const SECRETS: [(&str, &str); 2] =
    [("BUGLE_TEST_SECRET", "hunter2"), ("AWS_SECRET_ACCESS_KEY", "hunter2")];

/// The attack whose text no terminal may obey.
const TEXTS: usize = 27;

/// What a process that runs another component may have more, in MiB: its bytes twice and its native code,
/// and pages of the program that the honest task does not touch.
const OTHER_MIB_MAX: u64 = 24;

pub(crate) struct Program {
    place: Place,
    /// The most memory that a process takes for the honest task, in KiB.
    good_peak_kib: u64,
}

/// What came of a process.
struct Ran {
    status: ExitStatus,
    out: String,
    err: String,
    peak_kib: u64,
}

impl Program {
    pub(crate) fn new(good: &Probe) -> anyhow::Result<Self> {
        let mut program = Self { place: Place::new()?, good_peak_kib: 0 };
        // The first one compiles.
        program.run(good, &["--json"])?;
        program.good_peak_kib = program.run(good, &["--json"])?.peak_kib;
        Ok(program)
    }

    pub(crate) fn judge(&self, probe: &Probe) -> anyhow::Result<()> {
        let ran = self.run(probe, &["--json"])?;
        ensure!(!ran.out.contains("hunter2"), "it found a secret: {}", ran.out);
        assert_plain(&ran.out)?;
        assert_plain(&ran.err)?;
        ensure!(!self.place.data().exists(), "something was kept");
        let code = ran.status.code().with_context(|| format!("it died: {}", ran.err))?;
        if let Some(refused) = refusal(probe, code, &ran.err)? {
            return refused;
        }
        let report: RunReport =
            serde_json::from_str(&ran.out).with_context(|| format!("no report: {}", ran.err))?;
        probe.compare(&report)?;
        let is_completed = report.result.outcome.is_completed();
        ensure!(code == i32::from(!is_completed), "the exit code is {code}");
        let grown_mib = ran.peak_kib.saturating_sub(self.good_peak_kib) / 1_024;
        let grown_mib_max = probe.rss_mib_max + OTHER_MIB_MAX;
        ensure!(grown_mib <= grown_mib_max, "{grown_mib} MiB, and may take {grown_mib_max}");
        if probe.attack == Some(TEXTS) {
            assert_plain(&self.run(probe, &[])?.out)?;
        }
        Ok(())
    }

    fn run(&self, probe: &Probe, args: &[&str]) -> anyhow::Result<Ran> {
        let file = self.place.file(&format!("{}.wasm", probe.name), &probe.component)?;
        let mut command = self.place.command(["run", "--push", "hello"])?;
        command.arg(&file).args(args).envs(SECRETS);
        if let Some(limits) = &probe.limits {
            command.args(["--limits", limits]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let mut stdout = child.stdout.take().context("standard output is a pipe")?;
        let mut out = vec![0];
        // It says something when the run is over, and is gone soon after: its peak is read between. Where
        // that comes too late it is 0, and nothing fails that should not.
        let length = stdout.read(&mut out)?;
        let peak_kib = Process::of(child.id()).resident_peak_kib();
        out.truncate(length);
        stdout.read_to_end(&mut out)?;
        let mut err = String::new();
        child.stderr.take().context("standard error is a pipe")?.read_to_string(&mut err)?;
        let out = String::from_utf8(out)?;
        Ok(Ran { status: child.wait()?, out, err, peak_kib })
    }
}

/// If a probe is not to run: whether it was refused as it must be. The program's limits of compilation are
/// the default ones, by which what is hard to compile may be compiled as well.
pub(crate) fn refusal(
    probe: &Probe,
    code: i32,
    err: &str,
) -> anyhow::Result<Option<anyhow::Result<()>>> {
    /// What is asked for is wrong.
    const USAGE: i32 = 2;
    Ok(match probe.expect.as_str() {
        "refused" => {
            ensure!(code == USAGE, "it ended with {code}: {err}");
            Some(probe.compare_refusal(err))
        }
        "compile-refused" => {
            ensure!(code == USAGE && err.contains("cannot be compiled"), "{code}: {err}");
            Some(Ok(()))
        }
        "compile-limit" if code == USAGE => {
            ensure!(err.contains("takes more to compile than it may"), "{err}");
            Some(Ok(()))
        }
        "compile-limit" => {
            ensure!(code == 0, "it ended with {code}: {err}");
            Some(Ok(()))
        }
        _ => None,
    })
}

/// Nothing that a terminal would do something else with than show it.
pub(crate) fn assert_plain(text: &str) -> anyhow::Result<()> {
    const TURN_TEXT: [(char, char); 3] =
        [('\u{200b}', '\u{200f}'), ('\u{2028}', '\u{202e}'), ('\u{2060}', '\u{206f}')];
    let turns_text = |c: char| TURN_TEXT.iter().any(|(first, last)| (*first..=*last).contains(&c));
    let is_obeyed = |c: char| (c.is_control() && c != '\n') || turns_text(c);
    ensure!(!text.contains(is_obeyed), "a terminal would obey this: {text:?}");
    Ok(())
}
