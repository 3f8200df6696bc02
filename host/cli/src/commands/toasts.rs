//! `bugle toasts`.

use crate::access;
use crate::args::{Global, ToastsArgs};
use crate::failure::{Ended, Failure};
use crate::output::{Look, Output};
use crate::report;
use crate::text;

pub(crate) fn toasts(
    args: &ToastsArgs,
    global: &Global,
    output: &Output,
) -> Result<Ended, Failure> {
    let toasts = match access::reader(global)? {
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
    Ok(Ended::Well)
}
