//! `--accept`: what was seen becomes what is expected.

use anyhow::Result;

use crate::{Scene, plain};

#[test]
fn what_differs_is_written_and_the_rest_stays() -> Result<()> {
    let scene = Scene::with(
        r#"# Why this case is here.
about = "x"

[[step]]
push.text = "tone" # a toast
[step.expect]
badge = "none" # never set
progress = 7
log = ["ttwo"] # the content
fuel-max = 10
toasts = [{ title = "two", tag = "t" }]
settings = { n = 2, m = 3 } # counted

# The next one fails.
[[step]]
push.text = "fno"
[[step.expect.toasts]]
title = "none"
"#,
    )?;
    let said = scene.test(&["--accept"])?;
    assert_eq!(said.code, 0, "{said:?}");
    let fuel = scene
        .text("one")?
        .lines()
        .find_map(|line| line.strip_prefix("fuel-max = ").map(str::to_owned));
    let fuel = fuel.unwrap_or_default();
    insta::assert_snapshot!(plain(&said.out).replace(&fuel, "[fuel]"), @"");
    insta::assert_snapshot!(scene.text("one")?.replace(&fuel, "[fuel]"), @"");
    assert_eq!(plain(&scene.test(&[])?.good()?), "ok        one\n1 passed\n");
    Ok(())
}

#[test]
fn a_case_that_expects_nothing_is_filled_in() -> Result<()> {
    let scene = Scene::with("[[step]]\npush.text = \"tone\"\n\n[[step]]\npush.text = \"x\"\n")?;
    assert_eq!(scene.test(&["--accept"])?.code, 0);
    insta::assert_snapshot!(scene.text("one")?, @"");
    assert_eq!(plain(&scene.test(&[])?.good()?), "ok        one\n1 passed\n");
    Ok(())
}

#[test]
fn what_passes_is_not_touched_and_time_is_not_accepted() -> Result<()> {
    let right = "[[step]]\npush.text = \"y\"\n[step.expect]\nlog = [ \"y\" ]\n";
    let scene = Scene::with(right)?;
    let slow =
        "[[step]]\npush.text = \"l\"\n[step.expect]\noutcome = \"out-of-fuel\"\nwall-ms-max = 0\n";
    scene.case("two", slow)?;
    assert_eq!(scene.test(&["--accept"])?.code, 1);
    assert_eq!((scene.text("one")?, scene.text("two")?), (right.to_owned(), slow.to_owned()));
    Ok(())
}
