//! Every target of fuzzing for a bounded number of cases, and every finding of before.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use bugle_tests::fuzz::{Done, End, Plan, TARGETS, regressions, replay, run};
use tempfile::TempDir;

/// Another seed tries other inputs: a long run's is its own.
const SEED: u64 = 1;

fn plan(folder: &TempDir, cases: u64) -> Plan {
    Plan {
        seed: SEED,
        end: End::Cases(cases),
        findings: folder.path().join("findings"),
        program: env!("CARGO_BIN_EXE_fuzz").into(),
    }
}

/// So many cases as take some seconds on a busy machine, and the findings of before.
fn all_holds(target: &str, cases: u64) -> Result<()> {
    let folder = tempfile::tempdir()?;
    replay(target, &regressions(target)?, &plan(&folder, 0))?;
    let done = run(target, &plan(&folder, cases))?;
    // A target that says the same of all inputs looks at nothing.
    ensure!(done.behaviours > 5, "{done:?}");
    let texts: Vec<String> = done
        .findings
        .iter()
        .map(|found| {
            format!("{}\n{}", found.what, std::fs::read_to_string(&found.file).unwrap_or_default())
        })
        .collect();
    ensure!(texts.is_empty(), "{}", texts.join("\n\n"));
    Ok(())
}

#[test]
fn admission_holds() -> Result<()> {
    all_holds("admission", 300)
}

#[test]
fn manifests_hold() -> Result<()> {
    all_holds("manifest", 10_000)
}

#[test]
fn cases_hold() -> Result<()> {
    all_holds("cases", 5_000)
}

#[test]
fn doors_hold() -> Result<()> {
    all_holds("doors", 3_000)
}

#[test]
fn settings_hold() -> Result<()> {
    all_holds("settings", 600)
}

#[test]
fn toasts_hold() -> Result<()> {
    all_holds("toasts", 2_000)
}

#[test]
fn protocols_hold() -> Result<()> {
    all_holds("protocols", 15_000)
}

/// Looks for faults that are planted.
fn planted(seed: u64) -> Result<(Done, Vec<Vec<u8>>)> {
    let folder = tempfile::tempdir()?;
    let done = run("planted", &Plan { seed, ..plan(&folder, 3_000) })?;
    let read = |found: &bugle_tests::fuzz::Finding| bugle_tests::fuzz::read(&found.file);
    let inputs = done.findings.iter().map(read).collect::<Result<_>>()?;
    Ok((done, inputs))
}

#[test]
fn planted_faults_are_found_and_made_small() -> Result<()> {
    let (done, mut inputs) = planted(SEED)?;
    inputs.sort();
    assert_eq!(inputs, [b"%".to_vec(), vec![0x80]], "{done:?}");
    assert!(done.findings.iter().any(|found| found.what.contains("a panic at ")), "{done:?}");
    let (_, mut again) = planted(SEED)?;
    again.sort();
    assert_eq!(again, inputs, "a seed tells all");
    Ok(())
}

#[test]
fn a_case_that_hangs_is_written_down_and_ends_the_process() -> Result<()> {
    let folder = tempfile::tempdir()?;
    // Its own `target`, where it writes what it finds.
    let program = folder.path().join("target/debug/fuzz");
    std::fs::create_dir_all(program.parent().context("it has a folder")?)?;
    // By a child: what this process has open for writing is open in each child of other tests too, until
    // that is another program, and cannot be started meanwhile.
    let mut copy = Command::new("cp");
    let copied = copy.arg(env!("CARGO_BIN_EXE_fuzz")).arg(&program).status()?;
    ensure!(copied.success(), "{copied}");
    let input = folder.path().join("input.txt");
    std::fs::write(&input, "hang on")?;
    let replay = ["--target", "planted", "--replay"];
    let said = Command::new(&program).args(replay).arg(&input).output()?;
    assert_eq!(said.status.code(), Some(3), "{said:?}");
    let findings = folder.path().join("target/fuzz/findings").read_dir()?;
    let findings: Vec<_> = findings.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    let [finding] = findings.as_slice() else { anyhow::bail!("{findings:?}") };
    assert_eq!(std::fs::read_to_string(finding)?, "hang on");
    std::fs::write(&input, "nothing")?;
    assert!(Command::new(&program).args(replay).arg(&input).status()?.success());
    Ok(())
}

#[test]
fn every_regression_is_of_a_target() -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions");
    for entry in folder.read_dir()? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        assert!(TARGETS.contains(&name.as_str()), "{name}");
    }
    Ok(())
}
