//! Ten thousand installed tasks: what they cost a host that has nothing to do.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use bugle::Host;
use serde::{Deserialize, Serialize};

use crate::figure::Figures;

const TASKS: usize = 10_000;
/// Installs that go on at once, so that they share transactions.
const AT_ONCE: usize = 16;

/// What a host says of itself after its start.
#[derive(Serialize, Deserialize)]
struct Started {
    start_ms: f64,
    resident_mb: f64,
    apps: u64,
}

pub(crate) fn measure(app: &Path, scratch: &Path, figures: &mut Figures) -> Result<()> {
    let (empty, full) = (scratch.join("empty"), scratch.join("full"));
    install(app, &scratch.join("apps"), &full)?;
    let without = started(&empty)?;
    let with = started(&full)?;
    ensure!(with.apps == TASKS as u64, "{} apps are installed", with.apps);
    let resident = with.resident_mb - without.resident_mb;
    figures.at_most("10,000 installed tasks: resident over an empty host", resident, "MB", 100.0);
    figures.at_most("10,000 installed tasks: start-up", with.start_ms / 1e3, "s", 1.0);
    Ok(())
}

fn install(app: &Path, apps: &Path, data: &Path) -> Result<()> {
    let host = Host::builder().data_dir(data).build().wait()?;
    let numbers: Vec<usize> = (0..TASKS).collect();
    for numbers in numbers.chunks(AT_ONCE) {
        let mut pending = Vec::new();
        for number in numbers {
            let copy = copy_app(app, &apps.join(number.to_string()), *number)?;
            pending.push(host.install(copy));
        }
        for installed in pending {
            installed.wait()?;
        }
    }
    host.shutdown().wait()?;
    Ok(())
}

/// The same app under another id.
pub(crate) fn copy_app(app: &Path, to: &Path, number: usize) -> Result<PathBuf> {
    fs::create_dir_all(to)?;
    let manifest = fs::read_to_string(app.join("bugle.toml"))?;
    let own = "com.example.raw-notification";
    ensure!(manifest.contains(own), "the app's id is not {own}");
    fs::write(to.join("bugle.toml"), manifest.replace(own, &format!("com.example.bench{number}")))?;
    let component = "raw_notification.wasm";
    // A link where that is possible: ten thousand copies are 400 MB.
    if fs::hard_link(app.join(component), to.join(component)).is_err() {
        fs::copy(app.join(component), to.join(component))?;
    }
    Ok(to.to_owned())
}

/// A host in a process of its own, on a data folder.
fn started(data: &Path) -> Result<Started> {
    let output = Command::new(std::env::current_exe()?).arg("start").arg(data).output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "a host did not start: {errors}");
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The other side of it.
pub(crate) fn start(data: &Path) -> Result<()> {
    let started = Instant::now();
    let host = Host::builder().data_dir(data).build().wait()?;
    host.settled().wait()?;
    let start_ms = started.elapsed().as_secs_f64() * 1e3;
    let resident_mb = resident_mb()?;
    let apps = host.reader().totals()?.apps;
    println!("{}", serde_json::to_string(&Started { start_ms, resident_mb, apps })?);
    host.shutdown().wait()?;
    Ok(())
}

fn resident_mb() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status").context("memory is read on Linux only")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).context("VmRSS is a number")?;
    Ok(kib.parse::<f64>()? / 1024.0)
}
