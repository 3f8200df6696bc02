//! Which apps there are.

use bugle::{AppSummary, Error, Host, count_text};
use maud::{Markup, html};

use crate::words::{guest, heading};

/// Apps of one page.
const APPS: usize = 100;

pub(crate) fn apps(host: &Host, text: &str, after: &str) -> Result<Markup, Error> {
    let apps = host.reader().apps_with(text, after, APPS)?;
    Ok(html! {
        h1 { "Apps" }
        form.filter method="get" action="/apps" {
            label { "With " input type="search" name="text" value=(text) autocomplete="off"; }
            button { "Show" }
        }
        div id="apps" data-live {
            @if apps.is_empty() {
                p.quiet { "No apps. " a href="/install" { "Install one" } " by dropping its folder." }
            } @else {
                (table(&apps))
            }
            @if apps.len() == APPS {
                @if let Some(last) = apps.last() { (more(text, last)) }
            }
        }
    })
}

/// A form, since the text may be any.
fn more(text: &str, last: &AppSummary) -> Markup {
    html! {
        form method="get" action="/apps" {
            input type="hidden" name="text" value=(text);
            input type="hidden" name="after" value=(last.id);
            button { "More apps" }
        }
    }
}

fn table(apps: &[AppSummary]) -> Markup {
    html! {
        table.rows {
            (heading(&["App", "Name", "Version", "Waiting", "Dead letters", "Paused"]))
            tbody {
                @for app in apps {
                    tr {
                        td data-label="App" { a href={ "/apps/" (app.id) } { (app.id) } }
                        td data-label="Name" { (guest(&app.name)) }
                        td data-label="Version" { (guest(&app.version)) }
                        td data-label="Waiting" { (count_text(app.waiting)) }
                        td data-label="Dead letters" { (count_text(app.dead)) }
                        td data-label="Paused" {
                            @for paused in &app.paused { span.mark.bad { (paused.task) } " " }
                        }
                    }
                }
            }
        }
    }
}
