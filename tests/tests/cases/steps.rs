//! What a case may say, and that it is held to.

use anyhow::Result;

use crate::{Scene, plain};

const STATE: &str = r#"
[before]
toasts-left = 2
settings-version = 7
badge = "busy"
[before.settings]
n = 4
"b" = { base64 = "AAE=" }
"t" = 2026-01-31T12:00:00.5Z
[[before.toasts]]
title = "old"
tag = "o"
expires-after = "2m"

[[step]]
push.text = "tone"
push.channel = "alerts"
push.headers = { A = "b" }
[step.expect]
settings = { n = 5, b = { base64 = "AAE=" }, t = { timestamp = 1769860800500 }, m = { absent = true } }
settings-only = true
settings-version = 7
badge = "busy"
toasts = [{ title = "one" }]
shown = [{ title = "old" }, { title = { matches = "^o" } }]
log = [{ level = "info", message = "tone" }]
fuel-max = 100_000
memory-max = 4_000_000
wall-ms-max = 10_000

[[step]]
after = "1m"
application.json = "ttwo"
[step.expect]
settings = { n = { at-least = 6, at-most = 6 } }
shown = { count = 2 }
log = ['"ttwo"']

[[step]]
after = "1m"
custom = { kind = "com.example.x", text = "ttwo" }
[step.expect]
shown = [{ title = "one" }, { title = "two" }]

[[step]]
push.text = "tthree"
[step.expect]
toasts = []
log = { includes = ["no toast"] }

[[step]]
push.text = "fno"
[step.expect]
outcome = "failed"
message = "no"
settings = { n = 8 }

[[step]]
after = "58m"
push.text = "tthree"
[step.expect]
toasts = { includes = [{ title = "three" }] }
settings = { n = { type = "integer" } }

[[step]]
attempt = 2
push.text = "again"
[step.expect]
outcome = ["failed", "retry"]

[[step]]
attempt = 3
push.text = "again"

[[step]]
push.text = "W"
[step.expect]
outcome = "retry"
retry-after = "5s"

[[step]]
push.text = "w"
[step.expect]
outcome = "retry"
retry-after = "unsaid"

[[step]]
push.text = "owork"
[step.expect]
resume-work = { n = "work" }

[[step]]
push.text = "p"
[step.expect]
progress = 50
resume-work = {}

[[step]]
push.text = "x"
[step.expect]
outcome = "trapped"
message = { matches = "unreachable" }

[[step]]
limits = { fuel = 100_000 }
push.text = "l"
[step.expect]
outcome = "out-of-fuel"
"#;

#[test]
fn the_apps_state_goes_from_step_to_step() -> Result<()> {
    let scene = Scene::with(STATE)?;
    assert_eq!(plain(&scene.test(&["--repeat", "3"])?.good()?), "ok        one\n1 passed\n");
    Ok(())
}

/// Every expectation of a case that holds, with another value: each must fail, and name its line.
#[test]
fn each_expectation_can_fail() -> Result<()> {
    let wrong = [
        ("n = 5,", "n = 6,"),
        ("AAE=\" }, t", "AAI=\" }, t"),
        ("1769860800500", "1769860800501"),
        ("m = { absent = true }", "n2 = { type = \"text\" }"),
        ("settings = { n = 5, ", "settings = { "),
        ("settings-version = 7\nbadge = \"busy\"\ntoasts", "settings-version = 8\ntoasts"),
        ("badge = \"busy\"\ntoasts", "badge = \"away\"\ntoasts"),
        ("toasts = [{ title = \"one\" }]", "toasts = [{ title = \"One\" }]"),
        ("toasts = [{ title = \"one\" }]", "toasts = []"),
        ("toasts = [{ title = \"one\" }]", "toasts = [{ title = \"one\" }, { title = \"two\" }]"),
        ("toasts = [{ title = \"one\" }]", "toasts = [{ tag = \"a\" }]"),
        ("matches = \"^o\"", "matches = \"^x\""),
        ("level = \"info\"", "level = \"warn\""),
        ("fuel-max = 100_000\n", "fuel-max = 10\n"),
        ("memory-max = 4_000_000", "memory-max = 1000"),
        ("at-least = 6, at-most = 6", "at-least = 7"),
        ("count = 2", "count = 3"),
        ("includes = [\"no toast\"]", "includes = [\"no toast\", \"tthree\"]"),
        ("message = \"no\"", "message = \"yes\""),
        ("settings = { n = 8 }", "settings = { n = 9 }"),
        ("[\"failed\", \"retry\"]", "[\"completed\", \"retry\"]"),
        ("retry-after = \"5s\"", "retry-after = \"5m\""),
        ("retry-after = \"unsaid\"", "retry-after = \"5s\""),
        ("n = \"work\"", "n = \"play\""),
        ("n = \"work\"", "m = \"work\""),
        ("progress = 50", "progress = 51"),
        ("resume-work = {}", "resume-work = { n = \"\" }"),
        ("outcome = \"out-of-fuel\"", "outcome = \"timed-out\""),
        ("after = \"58m\"", "after = \"57m\""),
        ("attempt = 3", "attempt = 2"),
    ];
    let scene = Scene::new()?;
    for (at, (from, to)) in wrong.into_iter().enumerate() {
        assert!(STATE.contains(from), "{from}");
        scene.case(&format!("{at:02}"), &STATE.replacen(from, to, 1))?;
    }
    let said = scene.test(&["--json"])?;
    assert_eq!(said.code, 1);
    let json = said.json()?;
    for (case, (from, to)) in json["cases"].as_array().into_iter().flatten().zip(wrong) {
        assert_eq!(case["passed"], false, "{from} -> {to}");
    }
    assert_eq!((&json["passed"], &json["failed"]), (&0.into(), &wrong.len().into()));
    Ok(())
}

#[test]
fn the_sandbox_raises_every_kind_of_trigger() -> Result<()> {
    let scene = Scene::new()?;
    let triggers = [
        r#"toast-activated = { tag = "a", argument = "x", inputs = { i = "j" } }"#,
        r#"toast-dismissed = { tag = "a", reason = "by-user" }"#,
        r#"timer = { name = "hourly", missed = 2 }"#,
        r#"channel-expiring = { channel = "inbox", expires-at = 2026-01-01T00:00:00Z }"#,
        r#"system = "time-zone-changed""#,
        r#"system = { app-updated = "1.0" }"#,
    ];
    for (at, trigger) in triggers.iter().enumerate() {
        scene.case(
            &format!("{at}"),
            &format!("[[step]]\n{trigger}\n[step.expect]\nprogress = 1\n"),
        )?;
    }
    let json = scene.test(&["--json"])?.json()?;
    let ran: Vec<&str> = json["cases"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|case| case["steps"][0]["report"]["result"]["outcome"].as_str())
        .collect();
    // The puppet reads them all as it reads a push: what counts is that they came to it.
    assert_eq!(ran.len(), triggers.len(), "{json}");
    Ok(())
}
