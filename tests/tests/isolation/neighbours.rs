//! A quiet app beside the noisiest there are: the bounded form of the bench's `neighbours`, which holds the
//! same to its targets.

#[path = "../../bench/src/neighbours/crowd.rs"]
mod crowd;
#[path = "../../bench/src/neighbours/told.rs"]
mod told;

use std::path::Path;

use anyhow::Result;

use self::crowd::{Crowd, EIGHT, Heard, median};

/// What the quiet app is sent in a stretch: a second and a half of it.
const PUSHES: usize = 150;

/// How often each is measured. The middle one counts, so that something else that the machine does for a
/// second does not.
const ROUNDS: usize = 3;

/// In milliseconds: one run of the loop, which takes half a second of a processor. Who had to wait for those
/// of all eight would wait for seconds.
const P99_MAX_MS: f64 = 500.0;

/// A tenth of one such run: most pushes wait for none, on a machine that has other things to do as well.
const P50_MAX_MS: f64 = 50.0;

#[test]
fn the_noisiest_neighbours_hold_up_no_quiet_app_and_lose_no_push() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (mut p50s, mut p99s, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let alone = listen(folder.path(), &[])?;
        let beside = listen(folder.path(), &EIGHT)?;
        println!("alone {alone}; beside eight {beside}");
        p50s.push(beside.p50_ms());
        p99s.push(beside.p99_ms());
        ratios.push(beside.p99_ms() / alone.p99_ms());
    }
    let (p50, p99, ratio) = (median(p50s), median(p99s), median(ratios));
    println!("beside eight: p50 {p50:.2} ms, p99 {p99:.2} ms, {ratio:.2} times that alone");
    assert!(p50 <= P50_MAX_MS, "half of the pushes beside eight take {p50} ms and more");
    assert!(p99 <= P99_MAX_MS, "the 99th percentile beside eight is {p99} ms");
    Ok(())
}

/// Where each crowd has a host of its own, which goes on from where it stopped.
fn listen(folder: &Path, noisy: &[&str]) -> Result<Heard> {
    let data = folder.join(noisy.len().to_string());
    let heard = Crowd::open(&data, noisy)?.listen(PUSHES)?;
    heard.check(&data)?;
    Ok(heard)
}
