//! A quiet app beside others that do the worst that the probes know, without end, each to its limits: what
//! it is slowed by one of them, and by eight.

mod crowd;
mod told;

use std::path::Path;

use anyhow::Result;

use self::crowd::{Crowd, EIGHT, median};
use crate::figure::Figures;

/// Five seconds of pushes: the 99th percentile is the fifth slowest.
const PUSHES: usize = 500;

/// How often each is measured, in turns, so that what else the machine does is shared among them.
const ROUNDS: usize = 7;

/// Of the 99th percentile beside one to that alone.
const ONE_MAX: f64 = 1.5;

/// The same beside eight.
const EIGHT_MAX: f64 = 2.0;

pub(crate) fn measure(scratch: &Path, figures: &mut Figures) -> Result<()> {
    let crowds = [&[][..], &EIGHT[..1], &EIGHT];
    let mut p50s = [const { Vec::new() }; 3];
    let mut p99s = [const { Vec::new() }; 3];
    for round in 0..ROUNDS {
        for (at, crowd) in crowds.iter().enumerate() {
            let data = scratch.join(format!("neighbours-{round}-{}", crowd.len()));
            let heard = Crowd::open(&data, crowd)?.listen(PUSHES)?;
            heard.check(&data)?;
            eprintln!("round {round}, beside {}: {heard}", crowd.len());
            p50s[at].push(heard.p50_ms());
            p99s[at].push(heard.p99_ms());
        }
    }
    for (at, beside) in ["alone", "beside one noisy app", "beside eight"].into_iter().enumerate() {
        let (p50, p99) = (median(p50s[at].clone()), median(p99s[at].clone()));
        figures.note(format!("accept to commit {beside}: p50"), p50, "ms");
        figures.note(format!("accept to commit {beside}: p99"), p99, "ms");
    }
    let ratio = |to: usize| {
        let ratios = p99s[0].iter().zip(&p99s[to]).map(|(alone, beside)| beside / alone);
        median(ratios.collect())
    };
    figures.at_most("p99 beside one, of that alone", ratio(1), "times", ONE_MAX);
    figures.at_most("p99 beside eight, of that alone", ratio(2), "times", EIGHT_MAX);
    Ok(())
}
