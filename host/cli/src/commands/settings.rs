//! `bugle settings`.

use bugle::parse_value;
use bugle::task::{AppId, Settings, Value};
use bugle_gateway::{Answer, Command};

use crate::access::{self, After};
use crate::args::{Global, SettingsAction, SettingsArgs};
use crate::failure::{Ended, Failure};
use crate::output::Output;
use crate::table::Table;
use crate::text;

pub(crate) fn settings(
    args: SettingsArgs,
    global: &Global,
    output: &Output,
) -> Result<Ended, Failure> {
    match args.action {
        SettingsAction::List { app } => list(&app, global, output),
        SettingsAction::Get { app, path } => get(&app, &path, global, output),
        SettingsAction::Set { app, path, value } => {
            let value = parse_value(&value);
            let text = format!("{}  {}\n", bugle::plain(&path), text::value(&value));
            change(app, path, Some(value), global, output, &text)
        }
        SettingsAction::Unset { app, path } => {
            let text = format!("{} is not set\n", bugle::plain(&path));
            change(app, path, None, global, output, &text)
        }
    }?;
    Ok(Ended::Well)
}

fn read(app: &AppId, global: &Global) -> Result<Settings, Failure> {
    match access::reader(global)? {
        Some(reader) => Ok(reader.settings(app)?),
        None => Ok(Settings::default()),
    }
}

fn list(app: &AppId, global: &Global, output: &Output) -> Result<(), Failure> {
    let settings = read(app, global)?;
    output.say(&settings, || {
        let mut table = Table::new(&["setting", "type", "value"]);
        for (path, value) in settings.iter() {
            let path = bugle::plain(path).into_owned();
            table.row([path, value.kind().to_owned(), text::value(value)]);
        }
        table.text(output.paint, "no settings")
    })
}

/// Prints the value alone and whole, so that a script can use it as it is.
fn get(app: &AppId, path: &str, global: &Global, output: &Output) -> Result<(), Failure> {
    let settings = read(app, global)?;
    let Some(value) = settings.get(path) else {
        return Err(Failure::usage("unknown-setting", format!("{app} has no setting `{path}`"))
            .hint(format!("`bugle settings list {app}` shows those it has")));
    };
    output.say(value, || match value {
        Value::Text(text) => format!("{}\n", bugle::plain_lines(text)),
        other => format!("{}\n", text::value(other)),
    })
}

fn change(
    app: AppId,
    path: String,
    value: Option<Value>,
    global: &Global,
    output: &Output,
    text: &str,
) -> Result<(), Failure> {
    let answer = access::send(global, Command::SetSetting { app, path, value }, After::Close)?;
    let Answer::SettingSet { .. } = &answer else { return Err(access::unexpected()) };
    output.say(&answer, || text.to_owned())
}
