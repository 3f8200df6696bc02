//! The program as a whole: a warm `bugle run`.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Result, ensure};

use crate::figure::{Figures, quantile};
use crate::target;

const RUNS: usize = 30;

pub(crate) fn measure(app: &Path, scratch: &Path, figures: &mut Figures) -> Result<()> {
    let program = target().join("debug").join(format!("bugle{}", std::env::consts::EXE_SUFFIX));
    let mut samples = Vec::new();
    for run in 0..=RUNS {
        let started = Instant::now();
        let status = Command::new(&program)
            .arg("--data")
            .arg(scratch.join("run"))
            .arg("run")
            .arg(app)
            .args(["--push", "hello"])
            .stdout(Stdio::null())
            .status()?;
        ensure!(status.success(), "`bugle run` ended with {status}");
        // The first one compiles.
        if run > 0 {
            samples.push(started.elapsed().as_secs_f64() * 1e3);
        }
    }
    figures.at_most(
        "warm `bugle run`, whole process, p50",
        quantile(&mut samples, 0.5),
        "ms",
        50.0,
    );
    Ok(())
}
