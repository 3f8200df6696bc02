//! `bugle install`.

use bugle_gateway::{Answer, Command};
use serde_json::json;

use crate::access::{self, After};
use crate::args::{Global, InstallArgs};
use crate::failure::{Ended, Failure};
use crate::output::Output;
use crate::progress::Progress;

pub(crate) fn install(
    args: &InstallArgs,
    global: &Global,
    output: &Output,
) -> Result<Ended, Failure> {
    let folder = std::path::absolute(&args.folder).map_err(|error| {
        Failure::usage("file", format!("`{}` cannot be used: {error}", args.folder.display()))
    })?;
    let progress = Progress::of("checking and compiling");
    let answer = access::send(global, Command::Install { folder }, After::Close);
    drop(progress);
    let Answer::Installed { app } = answer? else { return Err(access::unexpected()) };
    let apps = match access::reader(global)? {
        Some(reader) => reader.apps()?,
        None => Vec::new(),
    };
    let installed = apps.iter().find(|summary| summary.id == app);
    output.say(&json!({ "installed": app, "app": installed }), || {
        let version = installed.map_or("", |app| &app.version);
        let tasks = installed.map_or_else(Vec::new, |app| {
            app.tasks.iter().map(|task| task.name.to_string()).collect()
        });
        format!("installed {app} {} (tasks: {})\n", bugle::plain(version), tasks.join(", "))
    })?;
    Ok(Ended::Well)
}
