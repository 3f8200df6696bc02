//! `bugle list --watch`.

use std::io::{self, IsTerminal as _};
use std::thread;
use std::time::Duration;

use bugle::{Activity, Pressure, Reader};
use serde::Serialize;

use crate::access;
use crate::args::Global;
use crate::failure::Failure;
use crate::output::{self, Output};
use crate::table::Table;
use crate::text;

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(1);

/// Of how many seconds rates are: enough that one run is seen, few enough that an end is.
const WINDOW_SECONDS: u64 = 10;

/// Rows where it is not known how many the terminal has.
const ROWS: u16 = 24;

/// Rows of the terminal that are not apps: the heading, the sum, and where the cursor is.
const OTHER_ROWS: u16 = 3;

/// What an app does.
#[derive(Serialize)]
struct Doing {
    #[serde(flatten)]
    now: Pressure,
    /// In the last ten seconds.
    #[serde(flatten)]
    lately: Activity,
}

/// Shows what apps do, busiest first, until nobody reads it.
pub(crate) fn watch(global: &Global, output: &Output) -> Result<(), Failure> {
    let is_screen = io::stdout().is_terminal() && !output.is_json;
    let Some(reader) = access::reader_if(global, true)? else { return Ok(()) };
    loop {
        let doing = look(&reader)?;
        output.say(&doing, || page(&doing, output, is_screen))?;
        thread::sleep(EVERY);
    }
}

fn look(reader: &Reader) -> Result<Vec<Doing>, Failure> {
    let mut activity = reader.activity_since(text::now().saturating_sub(WINDOW_SECONDS * 1_000))?;
    let doing =
        |now: Pressure| Doing { lately: activity.remove(&now.app).unwrap_or_default(), now };
    let mut doing: Vec<Doing> = reader.pressure()?.into_iter().map(doing).collect();
    doing.sort_by_key(|app| std::cmp::Reverse((app.lately.runs, app.now.waiting)));
    Ok(doing)
}

/// The table; on a screen in the place of the one before, with as many apps as it has rows.
fn page(doing: &[Doing], output: &Output, is_screen: bool) -> String {
    let rows = terminal_size::terminal_size().map_or(ROWS, |(_, rows)| rows.0);
    let shown = if is_screen { usize::from(rows.saturating_sub(OTHER_ROWS)) } else { doing.len() };
    let headings = ["app", "runs/s", "waiting", "fuel/s", "failed", "dead", "paused"];
    let mut table = Table::new(&headings);
    for app in doing.iter().take(shown) {
        let Activity { runs, failures, fuel } = app.lately;
        table.row([
            app.now.app.to_string(),
            a_second(runs),
            text::count(app.now.waiting),
            text::count(fuel / WINDOW_SECONDS),
            text::count(failures),
            text::count(app.now.dead),
            if app.now.paused > 0 { "yes".to_owned() } else { String::new() },
        ]);
    }
    let text = table.text(output.paint, "no apps; install one with `bugle install DIR`");
    let runs = doing.iter().map(|app| app.lately.runs).sum();
    let sum = format!(
        "{} apps, {} runs/s, rates of the last {WINDOW_SECONDS} s\n",
        text::count(doing.len() as u64),
        a_second(runs)
    );
    if is_screen { output::redrawn(&(text + &sum)) } else { format!("{text}{sum}\n") }
}

/// A rate, to a tenth.
fn a_second(runs: u64) -> String {
    format!("{}.{}", text::count(runs / WINDOW_SECONDS), runs * 10 / WINDOW_SECONDS % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_of_a_second() {
        assert_eq!(a_second(0), "0.0");
        assert_eq!(a_second(7), "0.7");
        assert_eq!(a_second(12_345), "1,234.5");
    }
}
