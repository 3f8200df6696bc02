//! `--fuzz`: what no case has.

use std::fs;

use anyhow::{Context as _, Result};

use crate::Scene;

/// The puppet traps where the content begins with `x`, and never ends where it begins with `l`.
const CASE: &str = "[[step]]\npush.text = \"hello\"\nlimits = { fuel = 100_000 }\n\
                    [step.expect]\nbadge = \"none\"\n";

#[test]
fn planted_faults_are_found_made_small_and_written_as_cases() -> Result<()> {
    let scene = Scene::with(CASE)?;
    let args = ["--fuzz-runs", "4000", "--seed", "1", "--json"];
    let said = scene.test(&args)?;
    assert_eq!(said.code, 1, "{said:?}");
    let json = said.json()?;
    let findings = json["findings"].as_array().context("there are findings")?;
    let mut outcomes: Vec<&str> =
        findings.iter().filter_map(|finding| finding["outcome"].as_str()).collect();
    outcomes.sort_unstable();
    assert!(outcomes.contains(&"trapped") && outcomes.contains(&"out-of-fuel"), "{json}");
    assert!(findings.iter().all(|finding| finding["bytes"].as_u64() <= Some(2)), "{json}");

    let first = scene.place.bugle(["test", "puppet", "--filter", "found-"])?;
    assert_eq!(first.code, 1, "a finding fails until the task is mended");
    assert!(
        first.out.contains("expected") || first.out.contains("- one of completed"),
        "{first:?}"
    );

    let files = |scene: &Scene| -> Result<Vec<(String, String)>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&scene.cases)? {
            let path = entry?.path();
            files.push((path.display().to_string(), fs::read_to_string(&path)?));
        }
        files.sort();
        Ok(files
            .into_iter()
            .map(|(path, text)| (path.rsplit('/').next().unwrap_or("").to_owned(), text))
            .collect())
    };
    let again = Scene::with(CASE)?;
    assert_eq!(again.test(&args)?.json()?, json, "a seed tells all");
    assert_eq!(files(&again)?, files(&scene)?);
    Ok(())
}

#[test]
fn a_task_that_answers_everything_has_nothing_to_find() -> Result<()> {
    let scene = Scene::with("[[step]]\nsystem = \"user-away\"\n[step.expect]\nprogress = 1\n")?;
    let said = scene.test(&["--fuzz-runs", "10"])?.refused(2)?;
    assert!(said.contains("no step of the cases has content to begin from"), "{said}");
    Ok(())
}
