//! Toasts: what is checked, what a terminal and a file of JSON get to see, and WNS' toasts in XML.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use bugle::{
    JsonLinesSink, Mark, RunId, Sink as _, Toast, ToastChange, ToastEvent, ToastId, TriggerId,
};
use bugle_protocols::wns;
use bugle_store::AppKey;
use bugle_task::ToastUpdate;

use super::Target;
use super::dice::Dice;
use super::mutate::{TEXTS, change_bytes, mutate};
use super::terminal::Terminal;

/// Some times as much as a toast may have, or a push.
const BYTES_MAX: usize = 64 * 1024;
/// One input in so many has a word of a megabyte.
const HUGE: usize = 512;

/// What toasts say, in JSON and in XML.
const WORDS: &[&str] = &[
    "title",
    "body",
    "attribution",
    "argument",
    "image",
    "uri",
    "alternative-text",
    "placement",
    "inline",
    "app-logo",
    "hero",
    "actions",
    "label",
    "foreground",
    "inputs",
    "id",
    "placeholder",
    "choices",
    "progress",
    "status",
    "fraction",
    "value-text",
    "scenario",
    "reminder",
    "quiet",
    "silent",
    "tag",
    "group",
    "expires-after-ms",
    "hints",
    "null",
    "<toast>",
    "</toast>",
    "<text>",
    "<binding",
    "template=\"ToastGeneric\"",
    "<![CDATA[",
    "]]>",
    "<!--",
    "<!DOCTYPE",
    "&#x202e;",
    "&#0;",
    "&lt;",
    "xml:lang",
];

const SEEDS: [&str; 8] = [
    r#"{"title":"Ada","body":"Notes\nand more","attribution":"by mail","argument":"a=1",
"image":{"uri":"https://example.org/a.png","alternative-text":"a","placement":"hero"},
"actions":[{"label":"Reply","argument":"r","foreground":true}],
"inputs":[{"id":"i","label":"Text","placeholder":null,"choices":[{"id":"c","label":"One"}]}],
"progress":{"title":"Up","status":"going","fraction":0.5,"value-text":"half"},"scenario":"reminder",
"silent":true,"tag":"t","group":"g","expires-after-ms":1000,"hints":[{"name":"n","value":"v"}]}"#,
    r#"{"title":"A","scenario":"standard","silent":false}"#,
    r#"{"title":null,"body":"only this",
"progress":{"title":null,"status":"s","fraction":null,"value-text":null}}"#,
    "\u{1f4e7} plain text, \u{202e}turned, \u{1b}[31mred\u{1b}[0m\nand <b>marked up</b>",
    r#"{"number":7}"#,
    r#"<toast launch="a" scenario="reminder"><visual><binding template="ToastGeneric"><text>A</text>
<text>&#233; B</text><text placement="attribution">C</text><image src="https://example.org/a.png"
placement="hero" alt="x"/>
<progress title="t" status="s" value="0.5" valueStringOverride="half"/></binding></visual><actions>
<input id="i" type="selection" title="T"><selection id="s" content="S"/></input>
<action content="b" arguments="c" activationType="background"/></actions><audio silent="true"/></toast>"#,
    r#"<?xml version="1.0" encoding="utf-8"?><badge value="7"/>"#,
    "<tile><visual><binding template=\"TileSquareBlock\"><text id=\"1\">a</text></binding></visual></tile>",
];

/// Toasts.
pub(super) struct Toasts {
    terminal: Terminal,
    written: Written,
    sink: JsonLinesSink<Written>,
    seq: u64,
}

/// What a sink of JSON wrote.
#[derive(Debug, Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Toasts {
    pub(super) fn open(program: &Path) -> Result<Self> {
        let written = Written::default();
        let sink = JsonLinesSink::new(written.clone());
        Ok(Self { terminal: Terminal::start(program)?, written, sink, seq: 0 })
    }

    /// What both sinks make of an event.
    fn deliver(&mut self, change: ToastChange) -> Result<()> {
        self.seq += 1;
        let app_id = "com.example.test".parse()?;
        let (seq, app, at) = (self.seq, AppKey(1), 1_700_000_000_000);
        let event = ToastEvent { seq, app, app_id, at, change };
        self.sink.deliver(&event)?;
        let json = String::from_utf8(self.written.take()).context("json: it is no text")?;
        let line = json.strip_suffix('\n').context("json: a line has an end")?;
        check_harmless("json", line)?;
        let read: ToastEvent = serde_json::from_str(line).context("json: it is no event")?;
        ensure!(read == event, "json: another event is read");
        let shown = String::from_utf8(self.terminal.show(&event)?);
        let shown = shown.context("terminal: it is no text")?;
        ensure!(shown.ends_with('\n'), "terminal: the line has no end");
        for (at, line) in shown.lines().enumerate() {
            check_harmless("terminal", line)?;
            let is_of_toast =
                if at == 0 { line.starts_with("[com.") } else { line.starts_with("    ") };
            ensure!(is_of_toast, "terminal: a line says that it is another's: `{line}`");
        }
        Ok(())
    }

    fn check_toast(&mut self, toast: Toast) -> Result<String> {
        let id = ToastId { run: RunId { trigger: TriggerId(1), claim: 1 }, index: 0 };
        self.deliver(ToastChange::Show { id, toast: toast.clone(), replaces: Some(id) })?;
        let said = match toast.check() {
            Ok(()) => {
                ensure!(toast.bytes() <= 5 * 1024 && !toast.title.is_empty(), "check: {toast:?}");
                "a toast".to_owned()
            }
            Err(error) => {
                let code = error.code();
                ensure!(matches!(code, "too-large" | "invalid"), "code: it is {code}");
                format!("{code} {error}")
            }
        };
        self.deliver(ToastChange::Update { id, toast })?;
        Ok(said)
    }

    /// Any text as all the texts of a toast.
    fn check_text(&mut self, text: &str) -> Result<String> {
        let title = bugle::plain(text);
        check_harmless("plain", &title)?;
        ensure!(bugle::plain(&title) == title, "plain: it is not so already");
        for line in bugle::plain_lines(text).split('\n') {
            check_harmless("plain lines", line)?;
        }
        let text = || text.to_owned();
        let toast = Toast {
            title: text(),
            body: text(),
            attribution: Some(text()),
            actions: vec![bugle_task::Action {
                label: text(),
                argument: text(),
                foreground: false,
            }],
            tag: Some(text()),
            ..Toast::default()
        };
        let said = self.check_toast(toast)?;
        Ok(format!("text of {said}"))
    }
}

/// Nothing that a terminal obeys, or that turns or hides what follows. Not by the host's own list.
fn check_harmless(what: &str, line: &str) -> Result<()> {
    let is_harmful = |c: char| {
        let turns = ['\u{61c}', '\u{200e}', '\u{200f}'].contains(&c)
            || ('\u{202a}'..='\u{202e}').contains(&c)
            || ('\u{2066}'..='\u{2069}').contains(&c);
        c.is_control() || turns || ['\u{2028}', '\u{2029}', '\u{feff}'].contains(&c)
    };
    let harmful = line.chars().find(|c| is_harmful(*c));
    ensure!(harmful.is_none(), "{what}: it has {}", harmful.unwrap_or_default().escape_unicode());
    Ok(())
}

/// What Windows' service is sent: an error, or what a host may show.
fn check_xml(xml: &[u8]) -> Result<String> {
    let toast = match wns::toast(xml) {
        Ok(toast) => {
            ensure!(toast.check().is_ok(), "xml: the toast is none: {toast:?}");
            "a toast".to_owned()
        }
        Err(error) => format!("{} {error}", error.code()),
    };
    let badge = match wns::badge(xml) {
        Ok(Some(Mark::Number(number))) => {
            ensure!((1..=99).contains(&number), "xml: the badge is {number}");
            "a number".to_owned()
        }
        Ok(mark) => bugle::mark_text(mark),
        Err(error) => error.code().to_owned(),
    };
    let tile = wns::tile(xml).map_or_else(|error| error.code(), |()| "a tile");
    Ok(format!("{toast}, {badge}, {tile}"))
}

impl Target for Toasts {
    fn time_max(&self) -> Duration {
        Duration::from_secs(20)
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        SEEDS.iter().map(|seed| seed.as_bytes().to_vec()).collect()
    }

    fn next(&self, corpus: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
        if dice.once_in(HUGE) {
            let mut huge = dice.one_of(&TEXTS).as_bytes().to_vec();
            huge.push(b'x');
            return huge.repeat(1024 * 1024 / huge.len());
        }
        let mut input = mutate(corpus, WORDS, dice, BYTES_MAX);
        if dice.once_in(8) {
            let other = dice.input(corpus);
            change_bytes(&mut input, other, dice);
        }
        input
    }

    fn check(&mut self, input: &[u8]) -> Result<String> {
        if input.trim_ascii_start().first() == Some(&b'<') {
            let said = check_xml(input)?;
            return match wns::toast(input) {
                Ok(toast) => self.check_toast(toast),
                Err(_) => Ok(said),
            };
        }
        if let Ok(toast) = serde_json::from_slice::<Toast>(input) {
            return self.check_toast(toast);
        }
        if let Ok(update) = serde_json::from_slice::<ToastUpdate>(input) {
            return Ok(update.check().map_or_else(|error| error.to_string(), |()| "update".into()));
        }
        if let Ok(mark) = serde_json::from_slice::<Option<Mark>>(input) {
            self.deliver(ToastChange::Badge { mark })?;
            return Ok(bugle::mark_text(mark));
        }
        self.check_text(&String::from_utf8_lossy(input))
    }
}
