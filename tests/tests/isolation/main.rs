//! What an app can see, name, fill or slow of another's: nothing. One file an idea.
//!
//! In each test two apps have everything of equal names: settings, toasts, channels. That one app's long
//! or failing runs hold no other up is in `host/fairness.rs`; here neighbours are as noisy as they can be.

mod channels;
mod doors;
mod effects;
mod foreground;
mod logs;
mod neighbours;
mod program;
mod quotas;
mod removal;
mod script;
mod settings;
mod toasts;

use anyhow::{Result, ensure};
use bugle::task::Trigger;
use bugle::{App, Ending, RunFilter, RunReport, Value};
use bugle_tests::{Scene, SceneBuilder};

use crate::script::Script;

const ONE: &str = "com.example.one";
const TWO: &str = "com.example.two";

/// Two apps that differ in their ids only.
fn two() -> SceneBuilder {
    Scene::builder().app(script::app(ONE)).app(script::app(TWO))
}

fn app(scene: &Scene, id: &str) -> Result<App> {
    Ok(scene.host().app(&id.parse()?)?)
}

/// Pushes a script to an app's inbox and waits until it has completed.
fn run(scene: &Scene, id: &str, script: Script) -> Result<RunReport> {
    let ending = scene.push(&format!("{id}/inbox"), script)?.ending().wait()?;
    let Ending::Completed(report) = ending else { anyhow::bail!("{id}: {ending:?}") };
    Ok(*report)
}

/// The same; what the script logged.
fn said(scene: &Scene, id: &str, script: Script) -> Result<Vec<String>> {
    let report = run(scene, id, script)?;
    Ok(report.result.log.lines.into_iter().map(|line| line.message).collect())
}

/// An app's setting as the host keeps it.
fn kept(scene: &Scene, id: &str, path: &str) -> Result<Option<Value>> {
    Ok(app(scene, id)?.settings().get(path).wait()?)
}

fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.to_owned()))
}

/// The contents that an app's runs were given, in the order in which they were committed.
fn contents(scene: &Scene, id: &str) -> Result<Vec<Vec<u8>>> {
    let filter = RunFilter { app: Some(id.parse()?), limit: 1_000, ..RunFilter::default() };
    let mut contents = Vec::new();
    for run in scene.reader().runs(&filter)?.iter().rev() {
        ensure!(run.app.as_str() == id, "a run of {} in the list of {id}", run.app);
        if let Trigger::RawNotification(push) = scene.reader().run(run.run)?.input.trigger {
            contents.push(push.content.0);
        }
    }
    Ok(contents)
}
