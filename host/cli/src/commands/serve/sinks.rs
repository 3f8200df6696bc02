//! Where `bugle serve` shows toasts.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::mpsc;

use bugle::{AppId, HostBuilder, JsonLinesSink, Sink, TerminalSink, ToastEvent};
use bugle_sinks::{LinesSink, Webhook, WebhookSecret, WebhookSink};

use crate::args::{Global, ServeArgs, SinkChoice};
use crate::failure::Failure;

#[cfg(target_os = "linux")]
use super::desktop::{self, Answers};

/// What is to be done once the host is there.
pub(super) struct Later {
    /// A sink on standard output waits until this is dropped.
    pub(super) say: mpsc::Sender<()>,
    /// What people do on the desktop, if there is one.
    #[cfg(target_os = "linux")]
    pub(super) answers: Option<Answers>,
}

/// Adds the sinks that are asked for.
pub(super) fn add(
    mut builder: HostBuilder,
    args: &ServeArgs,
    global: &Global,
    #[cfg_attr(not(target_os = "linux"), expect(unused, reason = "the desktop is Linux's"))]
    data_dir: &Path,
) -> Result<(HostBuilder, Later), Failure> {
    let default = if global.json { SinkChoice::Json } else { SinkChoice::Terminal };
    let sinks = if args.sink.is_empty() { vec![default] } else { args.sink.clone() };
    refuse_two_on_output(&sinks)?;
    let (say, said) = mpsc::channel();
    let mut said = Some(said);
    let mut names = BTreeSet::new();
    #[cfg(target_os = "linux")]
    let mut answers = None;
    for sink in sinks {
        let sink: Box<dyn Sink> = match sink {
            SinkChoice::Terminal => Box::new(Waiting::new(TerminalSink::new(), said.take())),
            SinkChoice::Json => {
                Box::new(Waiting::new(JsonLinesSink::new(io::stdout()), said.take()))
            }
            SinkChoice::Lines(file) => Box::new(LinesSink::new(&file)?),
            SinkChoice::Webhook(url) => Box::new(WebhookSink::new(webhook(url, args)?)?),
            #[cfg(target_os = "linux")]
            SinkChoice::Desktop => {
                let (sink, heard) = desktop::sink(data_dir);
                answers = Some(heard);
                sink
            }
            #[cfg(not(target_os = "linux"))]
            SinkChoice::Desktop => return Err(no_desktop()),
        };
        // Two spellings of one file would share a cursor.
        if !names.insert(sink.name().to_owned()) {
            return Err(twice());
        }
        builder = builder.sink(sink);
    }
    let later = Later {
        say,
        #[cfg(target_os = "linux")]
        answers,
    };
    Ok((builder, later))
}

#[cfg(not(target_os = "linux"))]
fn no_desktop() -> Failure {
    Failure::usage("no-desktop", "toasts are shown on the desktop of Linux only")
        .hint("write them to a file: `--sink json=FILE`")
}

fn twice() -> Failure {
    Failure::usage("sink-twice", "two of the sinks are the same").hint("name each `--sink` once")
}

fn refuse_two_on_output(sinks: &[SinkChoice]) -> Result<(), Failure> {
    if sinks.contains(&SinkChoice::Terminal) && sinks.contains(&SinkChoice::Json) {
        let message = "`terminal` and `json` cannot both have standard output";
        return Err(
            Failure::usage("sink-twice", message).hint("write to a file: `--sink json=FILE`")
        );
    }
    Ok(())
}

fn webhook(url: String, args: &ServeArgs) -> Result<Webhook, Failure> {
    let Some(file) = &args.webhook_secret else {
        return Err(Failure::usage("webhook-secret", "a webhook needs a secret to be signed with")
            .hint("name a file with `whsec_…`: `--webhook-secret FILE`"));
    };
    let secret = WebhookSecret::read(file)?;
    Ok(Webhook { url, secret, allows_private: args.webhook_private })
}

/// A sink that waits until the address has been said: that line is the first, also when toasts of an
/// earlier host are still to be shown.
struct Waiting<S> {
    sink: S,
    /// Ends when the other end is dropped.
    said: Option<mpsc::Receiver<()>>,
}

impl<S> Waiting<S> {
    fn new(sink: S, said: Option<mpsc::Receiver<()>>) -> Self {
        Self { sink, said }
    }
}

impl<S: Sink> Sink for Waiting<S> {
    fn name(&self) -> &str {
        self.sink.name()
    }

    fn deliver(&mut self, event: &ToastEvent) -> io::Result<()> {
        if let Some(said) = self.said.take() {
            // Nothing is ever sent: this waits for the end.
            let _ = said.recv();
        }
        self.sink.deliver(event)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }

    fn erase(&mut self, app: &AppId) -> io::Result<()> {
        self.sink.erase(app)
    }
}
