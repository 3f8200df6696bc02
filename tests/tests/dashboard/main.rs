//! The dashboard, as a browser has it: Debian's Chromium, without a window.

mod browser;
mod doors;
mod elsewhere;
mod faults;
mod figures;
mod hostile;
mod install;
mod letters;
mod live;
mod many;
mod pages;
mod running;
mod way;

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use bugle::KeptRun;
use bugle_dashboard::ASSETS;
use bugle_tests::AppSource;
use bugle_tests::program::{Daemon, Place};

use browser::Browser;

const CHAT: &str = "com.example.chat/inbox";
const MAIL: &str = "com.example.mail/inbox";

/// A page and all that it is shown with.
const BYTES_MAX: usize = 100_000;

/// What a page may have of that beside its assets.
fn page_bytes_max() -> usize {
    BYTES_MAX - ASSETS.iter().map(|(_, _, asset)| asset.len()).sum::<usize>()
}

/// A host with the examples, and its dashboard.
struct Desk {
    place: Place,
    daemon: Daemon,
    door: SocketAddr,
    /// The link that was printed at the start.
    link: String,
}

impl Desk {
    fn new() -> Result<Self> {
        let place = Place::new()?;
        for example in ["chat", "mail"] {
            place.app(example, &AppSource::example(example)?)?;
            place.bugle(["install", example])?.good()?;
        }
        for channel in [CHAT, MAIL] {
            place.bugle(["channel", "open", channel])?.good()?;
        }
        Self::serve(place, "127.0.0.1:0")
    }

    fn serve(place: Place, door: &str) -> Result<Self> {
        Self::serve_with(place, door, &[])
    }

    /// With more arguments.
    fn serve_with(place: Place, door: &str, more: &[&str]) -> Result<Self> {
        let args = [&["--sink", "terminal", "--management-door", door][..], more].concat();
        let daemon = place.serve_with(&args)?;
        let said = daemon.line()?;
        let link = said.strip_prefix("the dashboard is at ").context("it says where")?;
        let link = link.split(' ').next().context("it is a link")?.to_owned();
        let address = link.strip_prefix("http://").and_then(|rest| rest.split_once('/'));
        let door = address.context("it is an address")?.0.parse()?;
        Ok(Self { place, daemon, door, link })
    }

    /// A browser that was let in.
    fn browser(&self) -> Result<Browser> {
        let mut browser = Browser::new(&self.place)?;
        browser.open(&self.link)?;
        browser.wait("h1", "Feed")?;
        Ok(browser)
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.door)
    }

    /// Sends a push and waits for what comes of it.
    fn push(&self, channel: &str, content: &str) -> Result<()> {
        self.place.bugle(["push", channel, content, "--ttl", "0", "--wait"]).map(drop)
    }

    /// Installs another app, and opens its channel `inbox`.
    fn add(&self, id: &str, app: &AppSource) -> Result<()> {
        self.place.app(id, app)?;
        self.bugle(&["install", id])?;
        self.bugle(&["channel", "open", &format!("{id}/inbox")]).map(drop)
    }

    /// A run, as the host keeps it.
    fn kept(&self, run: &str) -> Result<KeptRun> {
        Ok(serde_json::from_str(&self.bugle(&["runs", "show", run, "--json"])?)?)
    }

    fn bugle(&self, args: &[&str]) -> Result<String> {
        self.place.bugle(args)?.good()
    }
}
