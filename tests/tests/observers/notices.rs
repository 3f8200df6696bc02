//! Toasts as notifications: which takes the place of which, how insistent they are and how long they stay,
//! and a desktop that shows little, or says nothing.

use std::os::unix::net::UnixListener;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bugle_tests::program::{Daemon, Place};

use crate::desktop::{Desktop, Icons, PATIENCE, serve, serve_on, until};
use crate::screen::shown_by;
use crate::script::Script;
use crate::{act, place_with_script};

/// Scenarios by their places in the contract.
const STANDARD: u8 = 0;
const ALARM: u8 = 2;
const QUIET: u8 = 4;

/// Neither a percent nor a scenario nor milliseconds.
const PLAIN: [&[u8]; 3] = [&[]; 3];

/// What could be markup.
const BODY: &str = "<b>Lunch?</b> & more";

/// Shows a toast with a tag, an action, and a percent, a scenario and milliseconds if they are said.
fn toast(title: &str, group: &str, [percent, scenario, ms]: [&[u8]; 3]) -> Script {
    let (title, group) = (title.as_bytes(), group.as_bytes());
    let words: [&[u8]; 9] =
        [title, BODY.as_bytes(), b"tag", group, b"Like", b"", percent, scenario, ms];
    Script::of("toast", &words)
}

/// Changes the percent of that toast.
fn update(group: &str, sequence: u8, percent: u8) -> Script {
    let words: [&[u8]; 5] = [b"tag", group.as_bytes(), b"", &[sequence], &[percent]];
    Script::of("update", &words)
}

/// A desktop as people have it, and a host that shows the toasts of scripts there.
struct Shown {
    _daemon: Daemon,
    icons: Icons,
    desktop: Desktop,
    place: Place,
}

impl Shown {
    fn start() -> Result<Self> {
        let place = place_with_script()?;
        let mut desktop = Desktop::at(&place)?;
        desktop.start("Like")?;
        let icons = desktop.icons()?;
        Ok(Self { _daemon: serve(&place, &desktop)?, icons, desktop, place })
    }

    /// Does something, and waits until the desktop was told of the badge, which is another, behind it.
    fn act(&self, script: Script, badge: u8) -> Result<()> {
        act(&self.place, script.then("badge", &[[badge]]))?;
        let (_, hints) = self.icons.recv_timeout(PATIENCE)?;
        ensure!(hints.contains(&format!("I64({badge})")), "{hints}");
        Ok(())
    }

    /// Waits until there are so many, puts all away, and gives what they were.
    fn put_away(&self, count: u32) -> Result<String> {
        until("they are on the screen", || Ok(self.desktop.displayed()? == count))?;
        let close = "NotificationCloseAll";
        self.desktop.tell(close)?;
        until("they go from the screen", || Ok(self.desktop.displayed()? == 0))?;
        self.desktop.history()
    }
}

#[test]
fn a_toast_takes_the_place_of_one_of_its_tag_and_group_and_of_no_other() -> Result<()> {
    let shown = Shown::start()?;
    shown.act(toast("Monday", "a", PLAIN), 1)?;
    shown.act(toast("Tuesday", "a", PLAIN), 2)?;
    until("one is on the screen", || Ok(shown.desktop.displayed()? == 1))?;
    shown.act(toast("Friday", "b", PLAIN), 3)?;
    let were = shown.put_away(2)?;
    ensure!(were.contains("Tuesday") && were.contains("Friday"), "{were}");
    ensure!(!were.contains("Monday"), "it was beside the one in its place: {were}");
    Ok(())
}

#[test]
fn progress_goes_on_where_it_is_and_an_update_that_is_late_changes_nothing() -> Result<()> {
    let shown = Shown::start()?;
    shown.act(toast("Download", "a", [&[10], b"", b""]), 1)?;
    shown.act(update("a", 2, 60), 2)?;
    shown.act(update("a", 1, 30), 3)?;
    let was = shown.put_away(1)?;
    // As a bar, and in words.
    ensure!(was.contains("I32(60)") && was.contains("60 %"), "{was}");
    ensure!(!was.contains("10 %") && !was.contains("30 %"), "{was}");
    ensure!(was.matches("\"summary\"").count() == 1, "{was}");
    Ok(())
}

#[test]
fn a_desktop_is_told_how_long_a_toast_stays_and_how_insistent_it_is() -> Result<()> {
    let place = place_with_script()?;
    let (_desktop, screen, _daemon) = shown_by(&place, &["actions", "body", "body-markup"])?;
    for (scenario, ms, expires_ms, urgency) in [
        (STANDARD, None, -1, 1),
        (STANDARD, Some(90_000_u32), 90_000, 1),
        (ALARM, None, 0, 2),
        (ALARM, Some(90_000), 90_000, 2),
        (QUIET, None, -1, 0),
    ] {
        let ms = ms.map(|ms| ms.to_le_bytes().to_vec()).unwrap_or_default();
        act(&place, toast("Ada", "a", [b"", &[scenario], &ms]))?;
        let asked = screen.next()?;
        ensure!((asked.expires_ms, asked.urgency) == (expires_ms, Some(urgency)), "{asked:?}");
    }
    Ok(())
}

#[test]
fn a_desktop_is_asked_for_no_more_than_it_can_show() -> Result<()> {
    let place = place_with_script()?;
    let (_desktop, screen, _daemon) = shown_by(&place, &["actions", "body", "body-markup"])?;
    act(&place, toast("Ada", "a", PLAIN))?;
    let asked = screen.next()?;
    ensure!(asked.body == "&lt;b&gt;Lunch?&lt;/b&gt; &amp; more", "{asked:?}");
    ensure!(asked.actions == ["default", "Open", "0", "Like"], "{asked:?}");
    // One that knows no markup would show what stands for it.
    let place = place_with_script()?;
    let (_desktop, screen, _daemon) = shown_by(&place, &["body"])?;
    act(&place, toast("Ada", "a", PLAIN))?;
    let asked = screen.next()?;
    ensure!(asked.body == BODY && asked.actions.is_empty(), "{asked:?}");
    Ok(())
}

#[test]
fn what_is_done_with_a_toast_is_not_done_with_the_one_in_its_place() -> Result<()> {
    let place = place_with_script()?;
    let (_desktop, screen, _daemon) = shown_by(&place, &["actions", "body"])?;
    act(&place, toast("Monday", "a", PLAIN))?;
    let first = screen.next()?;
    // Monday is put away while Tuesday is on its way there.
    act(&place, toast("Tuesday", "a", PLAIN))?;
    ensure!(screen.next()?.number == first.number, "it takes the place of the first");
    act(&place, toast("Friday", "b", PLAIN))?;
    screen.say("NotificationClosed", &(screen.next()?.number, 2_u32))?;
    let left = || place.bugle(["toasts"])?.good();
    // What is said is heard in its order.
    until("Friday is put away", || Ok(!left()?.contains("Friday")))?;
    ensure!(left()?.contains("Tuesday"), "{}", left()?);
    Ok(())
}

#[test]
fn what_is_put_away_while_it_is_updated_is_put_away() -> Result<()> {
    let place = place_with_script()?;
    let (_desktop, screen, _daemon) = shown_by(&place, &["actions", "body"])?;
    act(&place, toast("Monday", "a", PLAIN))?;
    let first = screen.next()?;
    // It is put away while its update is on the way.
    act(&place, update("a", 1, 60))?;
    ensure!(screen.next()?.number == first.number, "it is the same notification");
    until("it is put away", || Ok(!place.bugle(["toasts"])?.good()?.contains("Monday")))
}

#[test]
fn a_bus_that_says_nothing_holds_up_nobody() -> Result<()> {
    let place = place_with_script()?;
    let path = place.folder().join("bus");
    let listener = UnixListener::bind(&path)?;
    let (tell, came) = mpsc::channel();
    // Who connects is kept there, and hears nothing.
    thread::spawn(move || listener.incoming().for_each(|stream| drop(tell.send(stream))));
    let bus = format!("unix:path={}", path.display());
    let daemon = serve_on(&place, &bus, &["--sink", "terminal"])?;
    for title in ["Monday", "Tuesday", "Friday"] {
        act(&place, toast(title, title, PLAIN))?;
        ensure!(daemon.line()?.contains(title), "the other sink shows it");
        // What it says, and the action.
        let _more = (daemon.line()?, daemon.line()?);
    }
    let _kept = came.recv_timeout(PATIENCE).context("the bus was not connected to")??;
    let start = Instant::now();
    act(&place, Script::of("log", &["while it is waited for"]))?;
    ensure!(start.elapsed() < Duration::from_secs(5), "a push waits for the bus");
    let (status, time, log) = daemon.terminate()?;
    ensure!(status.success() && time < Duration::from_secs(10), "{time:?} {log}");
    Ok(())
}
