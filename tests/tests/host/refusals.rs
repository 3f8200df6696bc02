//! What cannot be installed is refused whole, in one sentence that says where, what and what to do.

use anyhow::Result;
use bugle::{Host, Limits};
use bugle_tests::probe;
use bugle_tests::{AppSource, Scene, puppet};

/// What an app is refused with, without the folder that the test made up for it.
fn refusal(scene: &Scene, app: &AppSource) -> String {
    let error = scene.install(app).expect_err("it is refused").to_string();
    assert_eq!(error.lines().count(), 1, "one line: {error}");
    assert_eq!(scene.reader().totals().expect("readable").apps, 0, "nothing is installed");
    // `/tmp/…/bugle.toml:3: …` and "`/tmp/…/puppet.wasm`: …"
    let from = ["bugle.toml", "puppet.wasm"].into_iter().find_map(|name| error.find(name));
    let shown = from.map_or(error.as_str(), |from| &error[from..]);
    shown.replace('`', "'")
}

#[test]
fn manifests_are_refused_with_file_line_and_hint() -> Result<()> {
    let scene = Scene::builder().start()?;
    let wrong =
        |from: &str, to: &str| refusal(&scene, &puppet("com.example.one").replace(from, to));
    let refusals = [
        wrong("id = \"com.example.one\"", "id = \"one\""),
        wrong("name = \"Puppet\"", "nam = \"Puppet\""),
        wrong("name = \"Puppet\"", "name = \"Pup\\u001bpet\""),
        wrong("version = \"1.0.0\"", "version = 1"),
        wrong("[app]", "[app"),
        wrong("component = \"puppet.wasm\"", "component = \"../puppet.wasm\""),
        wrong("component = \"puppet.wasm\"", "component = \"/puppet.wasm\""),
        wrong("\"application\"", "\"timer\""),
        wrong("\"application\"", "\"telepathy\""),
        wrong(
            "\"raw-notification\", \"toast-activated\", \"toast-dismissed\", \"application\", \"custom\"",
            "",
        ),
        wrong("triggers =", "conditions = [\"internet-available\"]\ntriggers ="),
        wrong("triggers =", "limits.speed = 1\ntriggers ="),
        wrong("triggers =", "limits.fuel = 0\ntriggers ="),
        wrong("triggers =", "limits.fuel = 900_000_000_000\ntriggers ="),
        wrong("triggers =", "limits.fuel = -1\ntriggers ="),
        wrong("name = \"alerts\"", "name = \"inbox\""),
        wrong("name = \"alerts\"\ntask = \"act\"", "name = \"alerts\"\ntask = \"other\""),
        wrong("\"raw-notification\", ", ""),
        wrong(
            "[[channel]]\nname = \"alerts\"",
            "[permissions]\nnetwork = true\n[[channel]]\nname = \"alerts\"",
        ),
    ];
    insta::assert_snapshot!(refusals.join("\n"), @r#"
    bugle.toml:2: 'one' is not an app id: two or more names of 'a-z 0-9 - _' joined by dots, a letter first in each, 128 bytes at most, like 'com.example.mail'
    bugle.toml:3: unknown field 'nam', expected one of 'id', 'name', 'version'
    bugle.toml:3: an app's name has 1 to 64 bytes and no control characters
    bugle.toml:4: invalid type: integer '1', expected a string
    bugle.toml:1: unclosed table, expected ']'
    bugle.toml:8: a component is a path inside the app's folder, like 'task.wasm'
    bugle.toml:8: a component is a path inside the app's folder, like 'task.wasm'
    bugle.toml:9: 'timer' is not there yet; this version raises 'raw-notification', 'toast-activated', 'toast-dismissed', 'application', 'channel-expiring', 'custom'
    bugle.toml:9: 'telepathy' is no trigger kind; this version raises 'raw-notification', 'toast-activated', 'toast-dismissed', 'application', 'channel-expiring', 'custom'
    bugle.toml:9: a task has at least one trigger kind: 'raw-notification', 'toast-activated', 'toast-dismissed', 'application', 'channel-expiring', 'custom'
    bugle.toml:9: conditions are not there yet; remove the key, and the task runs without them
    bugle.toml:9: there is no limit 'speed'; the limits are fuel, time-ms, grace-ms, watchdog-ms, memory-bytes, table-elements, instances, memories, tables, handles, host-call-bytes, host-calls, log-bytes, log-lines, log-line-bytes, settings-delta-bytes, settings-bytes, settings, setting-value-bytes, toasts, toast-changes, resume-work, resume-work-bytes
    bugle.toml:9: the limit 'fuel' is 0, and this host allows 1 to 500000000 units
    bugle.toml:9: the limit 'fuel' is 900000000000, and this host allows 1 to 500000000 units
    bugle.toml:9: invalid value: integer '-1', expected u64
    bugle.toml:16: there are two channels with the name 'inbox'
    bugle.toml:17: there is no task 'other'
    bugle.toml:13: the task 'act' does not take 'raw-notification' triggers
    bugle.toml:16: unknown field 'network', expected 'toasts' or 'image-hosts'
    "#);
    Ok(())
}

#[test]
fn components_are_refused_with_one_clear_sentence() -> Result<()> {
    let scene = Scene::builder().start()?;
    let app = puppet("com.example.one");
    let whole = app.files[0].1.clone();
    let core_module = wat::parse_str("(module)")?;
    let text = b"(component)".to_vec();
    let parts: [&[u8]; 7] = [
        b"",
        b"#!/bin/sh",
        &text,
        &core_module,
        &whole[..whole.len() / 2],
        &whole[..8],
        &[whole.as_slice(), b"more"].concat(),
    ];
    let refusals: Vec<String> =
        parts.iter().map(|part| refusal(&scene, &app.clone().with_component(part))).collect();
    // Where the damage is found depends on how the puppet is encoded.
    let at = [(r"at byte \d+", "at byte N")];
    insta::with_settings!({ filters => at }, {
        insta::assert_snapshot!(refusals.join("\n"), @r#"
        puppet.wasm': the file is empty; give a WebAssembly component
        puppet.wasm': the file is text; give a component in binary form, the '.wasm' file that the build wrote
        puppet.wasm': the file is text; give a component in binary form, the '.wasm' file that the build wrote
        puppet.wasm': the file is a core module, not a component; build it as a component of the world 'bugle:task/background-task'
        puppet.wasm': the component is damaged or uses a feature that this host does not have, at byte N: unexpected end-of-file
        puppet.wasm': the component does not export 'bugle:task/entry@0.1.0'; build it for the world 'bugle:task/background-task'
        puppet.wasm': the component is damaged or uses a feature that this host does not have, at byte N: unexpected end-of-file
        "#);
    });
    Ok(())
}

#[test]
fn probes_that_must_not_come_in_are_refused_at_install() -> Result<()> {
    let scene = Scene::builder().start()?;
    let mut refused = 0;
    for probe in probe::load_all()?.iter().filter(|probe| probe.expect == "refused") {
        let mut app = puppet("com.example.one").with_component(&probe.component);
        for limit in probe.limits.iter().flat_map(|limits| limits.split(',')) {
            app = app.replace("triggers =", &format!("limits.{limit}\ntriggers ="));
        }
        let shown = refusal(&scene, &app);
        let expected = probe.refused.as_deref().unwrap_or_default().replace('`', "'");
        assert!(shown.contains(&expected), "{}: {shown}", probe.name);
        refused += 1;
    }
    assert!(refused > 0);
    Ok(())
}

#[test]
fn a_folder_without_an_app_is_refused() -> Result<()> {
    let scene = Scene::builder().start()?;
    let folder = tempfile::tempdir()?;
    let install = |path: &std::path::Path| {
        let error = scene.host().install(path).wait().expect_err("there is no app");
        error.to_string().replace(&folder.path().display().to_string(), "")
    };
    assert_eq!(install(folder.path()), "there is no `bugle.toml` in ``");
    assert_eq!(
        install(&folder.path().join("none")),
        "`/none` cannot be used: No such file or directory (os error 2)"
    );
    let without_component = AppSource { files: Vec::new(), ..puppet("com.example.one") };
    without_component.write(&folder.path().join("app"))?;
    assert_eq!(
        install(&folder.path().join("app")),
        "`/app/puppet.wasm` cannot be used: No such file or directory (os error 2)"
    );
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_link_does_not_lead_out_of_the_apps_folder() -> Result<()> {
    let scene = Scene::builder().start()?;
    let folder = tempfile::tempdir()?;
    let app = puppet("com.example.one");
    std::fs::write(folder.path().join("outside.wasm"), &app.files[0].1)?;
    let inside = folder.path().join("app");
    AppSource { files: Vec::new(), ..app }.write(&inside)?;
    std::os::unix::fs::symlink("../outside.wasm", inside.join("puppet.wasm"))?;
    let error = scene.host().install(&inside).wait().expect_err("the link leads out");
    assert_eq!(error.code(), "file");
    assert!(error.to_string().contains("outside"), "{error}");
    Ok(())
}

#[test]
fn limits_that_cannot_be_held_are_refused_at_the_start() {
    let limits = Limits { fuel: 0, ..Limits::default() };
    let error = Host::builder().limits(limits).build().wait().expect_err("no fuel");
    assert_eq!(error.to_string(), "the limit `fuel` is 0, and may be 1 to 100000000000 units");
}

#[test]
fn a_manifest_may_ask_for_less_than_the_host_allows_and_not_for_more() -> Result<()> {
    let scene = Scene::builder().limits("fuel=2_000_000").start()?;
    let asks = |fuel: &str| {
        puppet("com.example.one")
            .replace("triggers =", &format!("limits.fuel = {fuel}\ntriggers ="))
    };
    assert_eq!(
        refusal(&scene, &asks("2_000_001")),
        "bugle.toml:9: the limit 'fuel' is 2000001, and this host allows 1 to 2000000 units"
    );
    scene.install(&asks("1_000_000"))?;
    let report = scene.push("com.example.one/inbox", "-")?.report().wait()?;
    assert_eq!(report.result.limits.fuel, 1_000_000);
    scene.settle();
    Ok(())
}
