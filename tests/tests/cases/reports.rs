//! How results are told.

use anyhow::Result;

use crate::{Scene, plain};

const WRONG: &str = r#"
[[step]]
push.text = "tone"
[step.expect]
badge = 1
toasts = [{ title = "two" }, { title = "three" }]
[step.expect.settings]
n = { at-least = 2 }
"#;

const RIGHT: &str = "[[step]]\npush.text = \"x\"\n[step.expect]\noutcome = \"trapped\"\n";

#[test]
fn a_difference_is_shown_with_its_line_and_the_runs_log() -> Result<()> {
    let scene = Scene::with(WRONG)?;
    scene.case("two", RIGHT)?;
    let said = scene.test(&[])?;
    assert_eq!(said.code, 1);
    insta::assert_snapshot!(plain(&said.out), @r#"
    FAILED    one
      puppet/tests/one.toml:8: step 1, settings.n
        - at least 2
        + 1
      puppet/tests/one.toml:6: step 1, toasts.0.title
        - "two"
        + "one"
      puppet/tests/one.toml:6: step 1, toasts.1
        - { title = "three" }
        + nothing
      puppet/tests/one.toml:5: step 1, badge
        - 1
        + "none"
      completed
      info   tone
    ok        two
    1 passed, 1 failed
    "#);
    Ok(())
}

#[test]
fn differences_are_coloured_where_that_is_wanted() -> Result<()> {
    let said = Scene::with(WRONG)?.test(&["--color", "always"])?;
    assert!(said.out.contains("\u{1b}[31m    - 1\u{1b}[0m"), "{}", said.out);
    assert!(said.out.contains("\u{1b}[32m    + \"none\"\u{1b}[0m"), "{}", said.out);
    Ok(())
}

#[test]
fn a_guests_words_do_not_reach_the_terminal_as_they_are() -> Result<()> {
    let case = "[[step]]\npush.text = \"f\\u001b[2J\\u202e\"\n[step.expect]\nbadge = 1\n";
    let said = Scene::with(case)?.test(&["--github"])?;
    assert!(said.code == 1 && !said.out.contains(['\u{1b}', '\u{202e}']), "{said:?}");
    Ok(())
}

#[test]
fn continuous_integration_gets_junit_and_annotations() -> Result<()> {
    let scene = Scene::with(WRONG)?;
    scene.case("two", RIGHT)?;
    let said = scene.test(&["--junit", "out.xml", "--github"])?;
    let annotations: Vec<&str> = said.out.lines().filter(|line| line.starts_with("::")).collect();
    assert_eq!(
        annotations.get(1),
        Some(
            &"::error file=puppet/tests/one.toml,line=6,title=one::toasts.0.title: expected \"two\", \
              and saw \"one\""
        )
    );
    assert_eq!(annotations.len(), 4);
    let xml = std::fs::read_to_string(scene.place.folder().join("out.xml"))?;
    assert!(xml.contains("<testsuite name=\"com.example.puppet\" tests=\"2\" failures=\"1\""));
    let failure = "<failure message=\"step 1: settings.n: expected at least 2, and saw 1\">";
    assert!(xml.contains(failure), "{xml}");
    assert!(xml.contains("name=\"two\" file=\"puppet/tests/two.toml\" time="), "{xml}");
    Ok(())
}

#[test]
fn json_has_the_reports_whole() -> Result<()> {
    let said = Scene::with(WRONG)?.test(&["--json", "--github"])?;
    let json = said.json()?;
    let case = &json["cases"][0];
    assert_eq!((&case["name"], &case["passed"]), (&"one".into(), &false.into()));
    let difference = &case["steps"][0]["differences"][2];
    let expected = serde_json::json!({
        "line": 6, "at": "toasts.1", "expected": "{ title = \"three\" }", "seen": null,
    });
    assert_eq!(difference, &expected);
    let effects = &case["steps"][0]["report"]["result"]["effects"];
    assert_eq!(effects["settings"]["n"]["value"], 1);
    assert!(said.err.contains("::error file="), "annotations go where JSON does not");
    Ok(())
}

#[test]
fn a_wrong_case_file_is_annotated_too() -> Result<()> {
    let said = Scene::with("[[step]]\npsh = \"hello\"\n")?.test(&["--github"])?;
    assert_eq!(said.code, 2, "{said:#?}");
    let line = said.out.lines().next().unwrap_or_default();
    assert!(
        line.starts_with("::error title=bugle test::") && line.contains("tests/one.toml:1: "),
        "{line}"
    );
    Ok(())
}
