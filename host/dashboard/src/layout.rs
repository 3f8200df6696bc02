//! What all pages have around them.

use bugle::{Error, Host};
use maud::{DOCTYPE, Markup, html};

use crate::Page;

/// Pages that are in the menu: where they are, and what they are called.
const MENU: [(&str, &str); 6] = [
    ("/", "Feed"),
    ("/toasts", "Lock screen"),
    ("/apps", "Apps"),
    ("/dead", "Dead letters"),
    ("/send", "Send"),
    ("/install", "Install"),
];

/// Which of the menu a page belongs to.
fn place(page: &Page) -> &'static str {
    match page {
        Page::Feed { .. } | Page::Run(_) => "/",
        Page::LockScreen => "/toasts",
        Page::Apps { .. } | Page::App(_) => "/apps",
        Page::Dead => "/dead",
        Page::Send => "/send",
        Page::Install => "/install",
    }
}

pub(crate) fn title(page: &Page) -> String {
    match page {
        Page::App(app) => app.to_string(),
        Page::Run(run) => run.to_string(),
        page => {
            let place = place(page);
            let named = MENU.iter().find(|(path, _)| *path == place);
            named.map_or_else(String::new, |(_, name)| (*name).to_owned())
        }
    }
}

/// A page, whole.
pub(crate) fn shell(page: Option<&Page>, title: &str, status: &Markup, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                (head(title))
                script src="/assets/dashboard.js" defer {}
            }
            body {
                a.skip href="#page" { "To the page" }
                header {
                    p.brand { "Bugle" }
                    nav aria-label="Pages" {
                        @for (path, name) in MENU {
                            @let is_here = page.is_some_and(|page| place(page) == path);
                            a href=(path) aria-current=[is_here.then_some("page")] { (name) }
                        }
                    }
                    (status)
                }
                main id="page" tabindex="-1" { (content) }
                p id="said" role="status" aria-live="polite" {}
            }
        }
    }
}

fn head(title: &str) -> Markup {
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="color-scheme" content="light dark";
        title { (title) " · Bugle" }
        link rel="icon" href="/assets/icon.svg";
        link rel="stylesheet" href="/assets/dashboard.css";
    }
}

/// A page that leads on. A redirection would be in the name of whoever led here, to whom a browser gives no
/// cookie that is strictly of this site.
pub(crate) fn lead_on(to: &str) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                (head("Welcome"))
                meta http-equiv="refresh" content={ "0;url=" (to) };
            }
            body { main { p { a href=(to) { "To the dashboard" } } } }
        }
    }
}

/// How the host is, in numbers that are good to see on every page.
pub(crate) fn status(host: &Host) -> Result<Markup, Error> {
    let queues = host.reader().queues()?;
    let running = host.running().len() as u64;
    let numbers = [
        ("running", running, "/"),
        ("waiting", queues.waiting, "/"),
        ("dead letters", queues.dead, "/dead"),
    ];
    Ok(html! {
        ul.status id="status" data-live aria-label="How the host is" {
            @for (name, number, path) in numbers {
                li class=[(name == "dead letters" && number > 0).then_some("bad")] {
                    a href=(path) { strong { (bugle::count_text(number)) } " " (name) }
                }
            }
        }
    })
}
