use std::io::{self, IsTerminal as _};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::ProgressBar;

/// What is over within this time needs no sign that it goes on.
const PATIENCE: Duration = Duration::from_millis(300);

/// A sign on the terminal that something goes on; gone when it is dropped.
#[derive(Debug)]
pub(crate) struct Progress(Option<(Sender<()>, JoinHandle<()>)>);

impl Progress {
    /// Says `what` goes on, once it has for a while, and only to a terminal.
    pub(crate) fn of(what: &str) -> Self {
        if !io::stderr().is_terminal() {
            return Self(None);
        }
        let (stop, stopped) = mpsc::channel();
        let what = bugle::plain(what).into_owned();
        let thread = thread::spawn(move || {
            if stopped.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                let spinner = ProgressBar::new_spinner().with_message(what);
                spinner.enable_steady_tick(Duration::from_millis(100));
                // The other end says nothing: it ends by being dropped.
                let _ = stopped.recv();
                spinner.finish_and_clear();
            }
        });
        Self(Some((stop, thread)))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.0.take() {
            drop(stop);
            // A sign that could not be shown is no failure.
            let _ = thread.join();
        }
    }
}
