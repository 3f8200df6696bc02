//! What the docs say exists.

use crate::assert_none;
use crate::tree;

/// A README is read to its end.
const README_LINES_MAX: usize = 150;

/// How many guarantees there are.
const GUARANTEES: usize = 8;

fn markdown() -> impl Iterator<Item = (String, String)> {
    tree::with_ending(".md")
}

/// Where the links of a page lead, the part after `#` left out. Code is no text: `f[T](x)` is a call.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let prose = text.split("```").step_by(2);
    let behind = prose.flat_map(|part| part.split("](").skip(1));
    let links = behind.filter_map(|rest| rest.split(')').next()?.split('#').next());
    links.filter(|link| !link.is_empty() && !link.contains("://"))
}

#[test]
fn links_lead_somewhere() {
    let mut broken = Vec::new();
    for (path, text) in markdown() {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for link in links(&text) {
            if !tree::root().join(folder).join(link).exists() {
                broken.push(format!("{path}: {link}"));
            }
        }
    }
    assert_none("a page links to what is not there", &broken);
}

#[test]
fn the_readme_is_short() {
    let lines = tree::text("README.md").lines().count();
    assert!(lines <= README_LINES_MAX, "README.md has {lines} lines, and may have 150");
}

/// Whether a test of this name, `file::name`, is there. `probes::loop` is a probe.
fn is_there(name: &str, tests: &[(String, String)]) -> bool {
    let Some((file, function)) = name.split_once("::") else { return false };
    if file == "probes" && tree::root().join(format!("tests/probes/{function}.wat")).is_file() {
        return true;
    }
    let function = format!("fn {function}(");
    tests.iter().any(|(path, text)| {
        path.trim_end_matches(".rs").split('/').any(|part| part == file) && text.contains(&function)
    })
}

/// The tests that a page names: `file::name` in backticks, on lines that begin with "Proved by".
fn proofs(page: &str) -> impl Iterator<Item = &str> {
    let paragraphs = page.split("\n\n").filter(|text| text.starts_with("Proved by"));
    paragraphs.flat_map(|text| text.split('`').skip(1).step_by(2))
}

/// What looks like a test among all that a page has in backticks: `file::a_short_sentence`.
fn tests_named_in(page: &str) -> impl Iterator<Item = &str> {
    let names = page.split('`').skip(1).step_by(2);
    names.filter(|name| {
        name.split_once("::").is_some_and(|(_, function)| function.matches('_').count() >= 2)
    })
}

#[test]
fn every_guarantee_has_its_tests() {
    let tests: Vec<(String, String)> = tree::with_ending(".rs").collect();
    let page = tree::text("host/docs/GUARANTEES.md");
    let mut broken = Vec::new();
    for number in 1..=GUARANTEES {
        let heading = format!("\n## {number}. ");
        let section = page.split(&heading).nth(1).unwrap_or_default();
        let section = section.split("\n## ").next().unwrap_or(section);
        if proofs(section).count() == 0 {
            broken.push(format!("guarantee {number} names no test"));
        }
    }
    let threats = tree::text("host/docs/SECURITY.md");
    for name in proofs(&page).chain(tests_named_in(&threats)) {
        if !is_there(name, &tests) {
            broken.push(format!("there is no test `{name}`"));
        }
    }
    assert_none("a guarantee is what a test proves", &broken);
}

#[test]
fn the_threat_table_names_probes_that_exist() {
    let page = tree::text("host/docs/SECURITY.md");
    let names = page.split('`').skip(1).step_by(2).filter(|name| name.ends_with(".wat"));
    let broken: Vec<String> = names
        .filter(|name| !tree::root().join("tests/probes").join(name).is_file())
        .map(str::to_owned)
        .collect();
    assert_none("a probe is named that is not there", &broken);
}
