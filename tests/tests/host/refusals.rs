//! What cannot be installed is refused whole, in one sentence that says where, what and what to do.

use anyhow::Result;
use bugle::{Host, Limits};
use bugle_tests::probe;
use bugle_tests::{AppSource, Scene, puppet};

/// What an app is refused with, without the folder that the test made up for it.
fn refusal(scene: &Scene, app: &AppSource) -> String {
    let error = match scene.install(app) {
        Ok(app) => panic!("{} was installed", app.id()),
        Err(error) => error.to_string(),
    };
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
        wrong("\"raw-notification\", \"application\", \"custom\"", ""),
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
    insta::assert_snapshot!(refusals.join("\n"));
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
    insta::assert_snapshot!(refusals.join("\n"));
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
    assert_eq!(
        install(folder.path()),
        "`/bugle.toml` cannot be used: No such file or directory (os error 2)"
    );
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
