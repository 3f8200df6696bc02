//! Clocks that jump while something is on its way.

use std::time::Duration;

use anyhow::ensure;
use bugle::{Clock, Ending, Host, Push};
use bugle_tests::puppet;

/// Some day in 2023, and a year.
const NOW: u64 = 1_700_000_000_000;
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// One host after another on one data folder, with clocks a year ahead and a year behind of one another:
/// what the one accepted the other runs, once.
pub(crate) fn a_clock_that_jumps_loses_nothing() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (data, app) = (folder.path().join("data"), folder.path().join("app"));
    puppet("com.example.one").write(&app)?;
    let year_ms = u64::try_from(YEAR.as_millis())?;
    let inbox = "com.example.one/inbox".parse()?;
    let mut pushed = 0;
    for now in [NOW, NOW + year_ms, NOW - year_ms, NOW] {
        let clock = Clock::manual(now);
        let host = Host::builder().data_dir(&data).clock(clock.clone()).build().wait()?;
        host.install(&app).wait()?;
        host.open_channel(&inbox).wait()?;
        let receipts: Vec<_> =
            (0..3).map(|_| host.push(&inbox, Push::new("-")).wait()).collect::<Result<_, _>>()?;
        // While they run: no claim is for a time.
        clock.advance(Duration::from_secs(60 * 60));
        for receipt in receipts {
            pushed += 1;
            let ending = receipt.ending().wait()?;
            ensure!(matches!(ending, Ending::Completed(_)), "at {now}: {ending:?}");
        }
        host.settled().wait()?;
        let settings = host.reader().settings(&"com.example.one".parse()?)?;
        ensure!(settings.get("n") == Some(&bugle::Value::Integer(pushed)), "{settings:?}");
        ensure!(host.reader().check()?.is_empty(), "the store is not sound at {now}");
        host.shutdown().wait()?;
    }
    Ok(())
}
