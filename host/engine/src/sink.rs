use std::io::{self, Write};

use bugle_store::{ToastChange, ToastEvent};
use bugle_task::{AppId, Mark, Toast};
use tokio::sync::mpsc;

use crate::plain::{plain, plain_json, plain_lines};

/// Where toasts go: a desktop, a file, a window of the app.
///
/// Each sink runs on a thread of its own and reads committed events behind a cursor that is kept
/// under the sink's name. It is told everything in order, again after an error (with growing pauses,
/// at most a minute), and perhaps twice around a crash: the id of a toast tells a repeat.
pub trait Sink: Send + 'static {
    /// The name under which its cursor is kept; other sinks of the same host have others.
    fn name(&self) -> &str;

    /// Delivers one event.
    ///
    /// # Errors
    ///
    /// The event could not be delivered now; it comes again.
    fn deliver(&mut self, event: &ToastEvent) -> io::Result<()>;

    /// Makes durable what it was told since the last time; called after at most 64 events, and as soon as
    /// there are no more, before its cursor is kept. A sink that has each event for good when
    /// [`deliver`](Self::deliver) returns need not say anything.
    ///
    /// # Errors
    ///
    /// Perhaps not all of it is durable; all of it comes again.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Takes away all that it shows of an app, which was removed. Told once to a sink that runs then; events
    /// of the app come again only if it is installed again.
    ///
    /// # Errors
    ///
    /// Something of it is perhaps still to be seen.
    fn erase(&mut self, _app: &AppId) -> io::Result<()> {
        Ok(())
    }
}

impl Sink for Box<dyn Sink> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn deliver(&mut self, event: &ToastEvent) -> io::Result<()> {
        (**self).deliver(event)
    }

    fn flush(&mut self) -> io::Result<()> {
        (**self).flush()
    }

    fn erase(&mut self, app: &AppId) -> io::Result<()> {
        (**self).erase(app)
    }
}

/// Shows toasts as lines of text on standard output.
#[derive(Debug, Default)]
pub struct TerminalSink;

impl TerminalSink {
    /// A sink on standard output.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Sink for TerminalSink {
    fn name(&self) -> &'static str {
        "terminal"
    }

    fn deliver(&mut self, event: &ToastEvent) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match &event.change {
            ToastChange::Show { toast, .. } => show(&mut out, event, "toast", toast),
            ToastChange::Update { toast, .. } => show(&mut out, event, "toast updated", toast),
            ToastChange::Hide { id, .. } => writeln!(out, "[{}] toast hidden: {id}", event.app_id),
            ToastChange::Badge { mark } => {
                writeln!(out, "[{}] badge: {}", event.app_id, mark_text(*mark))
            }
        }?;
        out.flush()
    }
}

fn show(out: &mut impl Write, event: &ToastEvent, what: &str, toast: &Toast) -> io::Result<()> {
    writeln!(out, "[{}] {what}: {}", event.app_id, plain(&toast.title))?;
    for line in plain_lines(&toast.body).lines() {
        writeln!(out, "    {line}")?;
    }
    for action in &toast.actions {
        writeln!(out, "    ({})", plain(&action.label))?;
    }
    Ok(())
}

/// A badge as text: `3`, `99+`, `new-message`, `none`.
#[must_use]
pub fn mark_text(mark: Option<Mark>) -> String {
    match mark {
        None => "none".to_owned(),
        Some(Mark::Number(number)) if number > 99 => "99+".to_owned(),
        Some(Mark::Number(number)) => number.to_string(),
        Some(Mark::Glyph(glyph)) => serde_json::to_value(glyph)
            .ok()
            .and_then(|name| name.as_str().map(str::to_owned))
            .unwrap_or_default(),
    }
}

/// Writes every event as a line of JSON.
#[derive(Debug)]
pub struct JsonLinesSink<W>(W);

impl<W: Write + Send + 'static> JsonLinesSink<W> {
    /// A sink that writes to `out`.
    #[must_use]
    pub fn new(out: W) -> Self {
        Self(out)
    }
}

impl<W: Write + Send + 'static> Sink for JsonLinesSink<W> {
    fn name(&self) -> &'static str {
        "json-lines"
    }

    fn deliver(&mut self, event: &ToastEvent) -> io::Result<()> {
        // It may go to a terminal.
        let mut line = plain_json(&serde_json::to_string(event)?).into_owned();
        line.push('\n');
        self.0.write_all(line.as_bytes())?;
        self.0.flush()
    }
}

/// Hands every event to the embedding app, through a channel.
#[derive(Debug)]
pub struct ChannelSink(mpsc::UnboundedSender<ToastEvent>);

impl ChannelSink {
    /// A sink, and the end at which the app receives.
    #[must_use]
    pub fn new() -> (Self, mpsc::UnboundedReceiver<ToastEvent>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }
}

impl Sink for ChannelSink {
    fn name(&self) -> &'static str {
        "channel"
    }

    fn deliver(&mut self, event: &ToastEvent) -> io::Result<()> {
        self.0.send(event.clone()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}
