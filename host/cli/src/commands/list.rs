//! `bugle list`.

use bugle::Name;

use crate::access;
use crate::args::Global;
use crate::failure::{Ended, Failure};
use crate::output::Output;
use crate::table::Table;
use crate::text;

pub(crate) fn list(global: &Global, output: &Output) -> Result<Ended, Failure> {
    let apps = match access::reader(global)? {
        Some(reader) => reader.apps()?,
        None => Vec::new(),
    };
    output.say(&apps, || {
        let headings = ["app", "version", "waiting", "dead", "tasks", "channels"];
        let mut table = Table::new(&headings);
        for app in &apps {
            let tasks: Vec<&str> = app.tasks.iter().map(|task| task.name.as_str()).collect();
            let channels: Vec<&str> = app.channels.iter().map(Name::as_str).collect();
            table.row([
                app.id.to_string(),
                bugle::plain(&app.version).into_owned(),
                text::count(app.waiting),
                text::count(app.dead),
                tasks.join(", "),
                channels.join(", "),
            ]);
        }
        table.text(output.paint, "no apps; install one with `bugle install DIR`")
    })?;
    Ok(Ended::Well)
}
