//! The dashboard's pages: what a host does and keeps, as HTML that a browser shows as it is.
//!
//! A page is a function of the host and of what was asked for. The server that hands pages out, and takes
//! what people do with them, is the gateway's; this crate has no socket.
//!
//! Invariants:
//! - Text of guests and senders is only ever text: escaped, with control and direction marks shown as what
//!   they are, and apart from what is around it.
//! - No page has a script, a style or an address of its own in it, and none fetches anything from elsewhere.
//! - A page is as large as what it shows, however much the host keeps.
#![forbid(unsafe_code)]

mod layout;
mod pages;
mod plot;
mod upload;
mod words;

use bugle::{AppId, Error, Host, RunId};
use bugle_cases::ExpectOf;

pub use upload::{FILES_MAX, UPLOAD_BYTES_MAX, Upload};

/// What a page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// What runs, what came in, what failed.
    Feed {
        /// Runs before this place; none begins with the newest.
        before: Option<u64>,
        /// Only those of this app.
        app: Option<AppId>,
        /// Only those that did not complete.
        only_failed: bool,
    },
    /// Toasts and badges, as a person would see them.
    LockScreen,
    /// Apps, of which some.
    Apps {
        /// What their id or name has in it.
        text: String,
        /// The id after which they come.
        after: String,
    },
    /// One app.
    App(AppId),
    /// One run.
    Run(RunId),
    /// What will not be tried again by itself.
    Dead,
    /// Where a push is composed.
    Send,
    /// Where an app is dropped.
    Install,
}

/// Files that pages are shown with: a name, a media type, the bytes.
pub const ASSETS: [(&str, &str, &[u8]); 3] = [
    ("dashboard.css", "text/css; charset=utf-8", include_bytes!("../assets/dashboard.css")),
    ("dashboard.js", "text/javascript; charset=utf-8", include_bytes!("../assets/dashboard.js")),
    ("icon.svg", "image/svg+xml", include_bytes!("../assets/icon.svg")),
];

/// A page as HTML.
///
/// # Errors
///
/// What it shows is not there, or the store cannot be read.
pub fn render(host: &Host, page: &Page) -> Result<String, Error> {
    let content = match page {
        Page::Feed { before, app, only_failed } => {
            pages::feed(host, *before, app.as_ref(), *only_failed)?
        }
        Page::LockScreen => pages::lock_screen(host)?,
        Page::Apps { text, after } => pages::apps(host, text, after)?,
        Page::App(app) => pages::app(host, app)?,
        Page::Run(run) => pages::run(host, *run)?,
        Page::Dead => pages::dead(host)?,
        Page::Send => pages::send(host)?,
        Page::Install => pages::install(),
    };
    let status = layout::status(host)?;
    Ok(layout::shell(Some(page), &layout::title(page), &status, &content).into_string())
}

/// A page that says one thing, like why there is no other.
#[must_use]
pub fn notice(title: &str, sentence: &str) -> String {
    let nothing = maud::html! {};
    let content = maud::html! { h1 { (title) } p { (words::guest(sentence)) } };
    layout::shell(None, title, &nothing, &content).into_string()
}

/// A page that leads on to another at once, in the browser's own name.
#[must_use]
pub fn lead_on(to: &str) -> String {
    layout::lead_on(to).into_string()
}

/// A kept run as a case file for `bugle test`.
///
/// # Errors
///
/// There is no such run.
pub fn case_file(host: &Host, run: RunId) -> Result<String, Error> {
    let kept = host.reader().run(run)?;
    let about = format!("{run} of {}", kept.summary.app);
    Ok(bugle_cases::export(&about, &kept.input, &kept.report, ExpectOf::Report))
}
