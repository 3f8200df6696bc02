//! `bugle toasts`.

use std::io;

use bugle::{JsonLinesSink, Reader, Sink, TerminalSink};

use crate::access::{self, LOOK_AGAIN};
use crate::args::{Global, ToastsArgs};
use crate::failure::{Ended, Failure};
use crate::output::{Look, Output};
use crate::report;
use crate::text;

/// Events that are read at once.
const EVENTS_A_STEP: usize = 256;

pub(crate) fn toasts(
    args: &ToastsArgs,
    global: &Global,
    output: &Output,
) -> Result<Ended, Failure> {
    let reader = access::reader_if(global, args.follow)?;
    // Before the toasts: what comes meanwhile is rather said twice than not at all.
    let place = reader.as_ref().map(Reader::newest_event).transpose()?;
    let toasts = match &reader {
        Some(reader) => reader.toasts(args.app.as_ref())?,
        None => Vec::new(),
    };
    output.say(&toasts, || {
        let mut lines = Vec::new();
        for shown in &toasts {
            let about = format!("{}  {}", text::moment(shown.shown_at), shown.app_id);
            lines.push(output.paint.with(Look::Faint, about));
            let toast = report::toast_lines(&shown.toast);
            lines.extend(toast.iter().map(|line| format!("  {line}")));
        }
        if lines.is_empty() { "no toasts\n".to_owned() } else { text::lines(lines) }
    })?;
    if let (true, Some(reader), Some(place)) = (args.follow, &reader, place) {
        follow(args, reader, place, output)?;
    }
    Ok(Ended::Well)
}

/// Says what happens, as the sinks of a host do.
fn follow(
    args: &ToastsArgs,
    reader: &Reader,
    mut place: u64,
    output: &Output,
) -> Result<(), Failure> {
    let mut sink: Box<dyn Sink> = if output.is_json {
        Box::new(JsonLinesSink::new(io::stdout()))
    } else {
        Box::new(TerminalSink::new())
    };
    loop {
        let events = reader.events_after(place, EVENTS_A_STEP)?;
        place = events.last().map_or(place, |event| event.seq);
        for event in &events {
            if args.app.as_ref().is_none_or(|app| *app == event.app_id) {
                sink.deliver(event).map_err(|error| Failure::output(&error))?;
            }
        }
        if events.len() < EVENTS_A_STEP {
            std::thread::sleep(LOOK_AGAIN);
        }
    }
}
