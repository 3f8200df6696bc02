//! Every hostile guest of `probes/`, three trials each: through the library, by `bugle run`, and in a
//! running `bugle serve`; a fourth where something is done to the host beside it. What must come of it does,
//! whatever it tries costs the host no more than said, and the next task runs well. At the end: how late runs
//! end, and that no attack is without a probe.

mod corpus;
mod deeds;
mod late;
mod library;
mod program;
mod serve;

use std::sync::Arc;

use anyhow::Context as _;
use bugle_tests::probe::{self, Probe};
use libtest_mimic::{Arguments, Failed, Trial};

use crate::library::Library;
use crate::program::Program;
use crate::serve::Serve;

/// Set by `cargo xtask full`: what takes long is tried too.
const LONG: &str = "BUGLE_LONG";

fn main() -> anyhow::Result<()> {
    let mut arguments = Arguments::from_args();
    // Memory and time are the process's: one trial at a time.
    arguments.test_threads = Some(1);
    let mut probes = probe::load_all()?;
    let good = probes.iter().find(|probe| probe.name == "good").context("there is a good task")?;
    let good = good.clone();
    probes.extend(probe::load_heavy()?);
    let probes = Arc::new(probes);
    let library = Arc::new(Library::new(&good)?);
    let program = Arc::new(Program::new(&good)?);
    let serve = Arc::new(Serve::new(good.clone()));
    let is_long = std::env::var_os(LONG).is_some();
    let mut trials = Vec::new();
    for at in 0..probes.len() {
        let name = &probes[at].name;
        let add = |way: &str, judge: Judge| trial(format!("{name}::{way}"), &probes, at, judge);
        let (library, program, serve) =
            (Arc::clone(&library), Arc::clone(&program), Arc::clone(&serve));
        trials.push(add("library", Box::new(move |probe| library.judge(probe))));
        if let Some(deed) = probes[at].deed {
            let good = good.clone();
            let judge: Judge = Box::new(move |probe| deeds::judge(deed, probe, &good));
            trials.push(add("deed", judge));
        }
        if is_long || !probes[at].is_long {
            trials.push(add("run", Box::new(move |probe| program.judge(probe))));
            trials.push(add("serve", Box::new(move |probe| serve.judge(probe))));
        }
    }
    trials.push(test("large_python_installs", move || serve.install_python()));
    let all = Arc::clone(&probes);
    trials.push(test("every_attack_has_a_probe", move || corpus::every_attack_has_a_probe(&all)));
    trials.push(test("no_run_ends_late", move || late::no_run_ends_late(&probes)));
    libtest_mimic::run(&arguments, trials).exit();
}

type Judge = Box<dyn Fn(&Probe) -> anyhow::Result<()> + Send>;

fn trial(name: String, probes: &Arc<Vec<Probe>>, at: usize, judge: Judge) -> Trial {
    let probes = Arc::clone(probes);
    Trial::test(name, move || {
        let judged = probes[at].with_component().and_then(|probe| judge(&probe));
        judged.map_err(|error| failed(&error))
    })
}

fn test(name: &str, test: impl FnOnce() -> anyhow::Result<()> + Send + 'static) -> Trial {
    Trial::test(name, move || test().map_err(|error| failed(&error)))
}

fn failed(error: &anyhow::Error) -> Failed {
    format!("{error:#}").into()
}
