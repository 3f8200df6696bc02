//! What will not be tried again by itself.

use bugle::{DeadLetter, Error, Host, count_text};
use maud::{Markup, html};

use crate::words::{ago, guest, heading};

/// The newest that are shown; who has seen to them sees the next.
const LETTERS: usize = 100;

pub(crate) fn dead(host: &Host) -> Result<Markup, Error> {
    let letters = host.reader().newest_dead(None, LETTERS)?;
    let now = host.clock().now();
    Ok(html! {
        h1 { "Dead letters" }
        form id="letters" data-live data-command="retry-dead" {
            @if letters.is_empty() { p.quiet { "Nothing is dead." } }
            @else {
                p.buttons {
                    label { input type="checkbox" data-all="trigger"; " all" }
                    button { "Try again" }
                    button data-command="drop-dead" { "Throw away" }
                }
                (table(&letters, now))
            }
            @if letters.len() == LETTERS { p.quiet { "These are the newest; there may be more." } }
        }
    })
}

fn table(letters: &[DeadLetter], now: u64) -> Markup {
    html! {
        table.rows {
            (heading(&["Which", "App and task", "Reason", "Attempts", "Dead since", "Why"]))
            tbody {
                @for letter in letters {
                    tr {
                        td data-label="Which" {
                            label {
                                input type="checkbox" id=(letter.id) name="trigger" value=(letter.id);
                                " " (letter.id)
                            }
                        }
                        td data-label="App and task" {
                            a href={ "/apps/" (letter.app) } { (letter.app) } " " (letter.task)
                        }
                        td data-label="Reason" { (letter.reason.code()) }
                        td data-label="Attempts" { (count_text(letter.attempts.into())) }
                        td data-label="Dead since" { (ago(letter.dead_at, now)) }
                        td data-label="Why" { (guest(&letter.message)) }
                    }
                }
            }
        }
    }
}
