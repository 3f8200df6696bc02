//! An app that embeds the Bugle host: it installs the mail task, pushes to it, shows toasts its own
//! way, reads what the task kept, and sees pushes first while it is in the foreground.
//!
//! `cargo run -p embed`, after `cargo xtask guests` has built the tasks.

use std::io;
use std::path::PathBuf;
use std::thread;

use anyhow::{Context as _, Result, ensure};
use bugle::{ForegroundEvent, Host, Push, Sink, ToastChange, ToastEvent};

/// Where this app shows toasts. A real one would hand them to its window.
struct Window;

impl Sink for Window {
    fn name(&self) -> &'static str {
        "window"
    }

    fn deliver(&mut self, event: &ToastEvent) -> io::Result<()> {
        match &event.change {
            ToastChange::Show { toast, .. } => {
                println!("  toast: {} | {}", bugle::plain(&toast.title), bugle::plain(&toast.body));
            }
            ToastChange::Badge { mark } => println!("  badge: {}", bugle::mark_text(*mark)),
            _ => {}
        }
        Ok(())
    }
}

fn main() -> Result<()> {
    let task = std::env::args_os().nth(1).map_or_else(built_mail_task, PathBuf::from);
    let data = tempfile::tempdir()?;
    let host = Host::builder().data_dir(data.path().join("data")).sink(Window).build().wait()?;
    let app = host
        .install(&task)
        .wait()
        .with_context(|| format!("no task in `{}`; run `cargo xtask guests`", task.display()))?;
    let inbox = app.open_channel("inbox").wait()?;
    println!("installed {} {}, channel {}", app.id(), app.version(), inbox.id());

    println!("a push arrives while the window is closed:");
    let push = Push::new(mail(1, "Ada", "Notes on the engine")).content_type("application/json");
    let receipt = host.push(inbox.id(), push).wait()?;
    let report = receipt.report().wait()?;
    host.settled().wait()?;
    ensure!(report.result.outcome.is_completed(), "the task did not complete: {report:?}");
    println!("  the task used {} units of fuel", report.result.usage.fuel);
    let unread = app.settings().get("inbox/unread").wait()?;
    println!("  unread, as the task kept it: {unread:?}");

    println!("the window is open, and takes the next push itself:");
    let mut foreground = app.enter_foreground();
    let window = thread::spawn(move || {
        while let Some(event) = foreground.next_blocking() {
            if let ForegroundEvent::Push(offer) = event {
                println!("  seen first: {:?}", offer.push().content);
                return offer.take().wait().unwrap_or(false);
            }
        }
        false
    });
    let receipt = host.push(inbox.id(), Push::new(mail(2, "Bob", "Lunch?"))).wait()?;
    let ending = receipt.ending().wait()?;
    ensure!(window.join().is_ok_and(|taken| taken), "the window was too late");
    println!("  the push ended as: {ending:?}");
    let still = app.settings().get("inbox/unread").wait()?;
    ensure!(still == unread, "the task ran although the window took the push");

    for work in app.take_resume_work().wait()? {
        println!("work that the task left for the app: {} {:?}", work.key, work.content);
    }
    host.shutdown().wait()?;
    Ok(())
}

fn mail(id: u32, from: &str, subject: &str) -> String {
    format!(r#"[{{"id":"{id}","from":"{from}","subject":"{subject}"}}]"#)
}

/// Where `cargo xtask guests` puts it.
fn built_mail_task() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/guests/apps/mail")
}
