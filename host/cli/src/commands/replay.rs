//! `bugle replay`.

use bugle::task::RunReport;
use bugle_gateway::{Answer, Command};
use serde_json::Value;

use crate::access::{self, After};
use crate::args::{Global, ReplayArgs};
use crate::failure::{Ended, Failure};
use crate::output::{Look, Output};
use crate::progress::Progress;
use crate::text;

/// Differences that are printed; `--json` has both results whole.
const DIFFERENCES_MAX: usize = 20;

pub(crate) fn replay(
    args: &ReplayArgs,
    global: &Global,
    output: &Output,
) -> Result<Ended, Failure> {
    let progress = Progress::of("running it again");
    let answer = access::send(global, Command::Replay { run: args.run }, After::Close);
    drop(progress);
    let answer = answer?;
    let Answer::Replayed { kept, replayed, is_same, not_comparable } = &answer else {
        return Err(access::unexpected());
    };
    let run = args.run;
    output.say(&answer, || {
        let mut lines = if *is_same {
            let fuel = text::count(kept.result.usage.fuel);
            let same = output.paint.with(Look::Good, "same");
            vec![format!("{same}  {run}: {}, {fuel} units of fuel", kept.result.outcome.code())]
        } else {
            let other = output.paint.with(Look::Bad, "different");
            let mut lines = vec![format!("{other}  {run}")];
            lines.extend(differences(kept, replayed));
            lines
        };
        lines.extend(not_comparable.iter().map(|why| format!("note: {}", bugle::plain(why))));
        text::lines(lines)
    })?;
    Ok(if *is_same || not_comparable.is_some() { Ended::Well } else { Ended::TaskFailed })
}

fn differences(kept: &RunReport, replayed: &RunReport) -> Vec<String> {
    let json = |report: &RunReport| serde_json::to_value(&report.result).unwrap_or_default();
    let mut lines = Vec::new();
    compare("", &json(kept), &json(replayed), &mut lines);
    let more = lines.len().saturating_sub(DIFFERENCES_MAX);
    lines.truncate(DIFFERENCES_MAX);
    if more > 0 {
        lines.push(format!("  and {more} more; `--json` has them all"));
    }
    lines
}

/// Names every value that is not the same in both, by its path.
fn compare(path: &str, kept: &Value, replayed: &Value, lines: &mut Vec<String>) {
    let inner =
        |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match (kept, replayed) {
        (Value::Object(a), Value::Object(b)) => {
            for (name, value) in a {
                compare(&inner(name), value, b.get(name).unwrap_or(&Value::Null), lines);
            }
            for (name, value) in b.iter().filter(|(name, _)| !a.contains_key(*name)) {
                compare(&inner(name), &Value::Null, value, lines);
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            for at in 0..a.len().max(b.len()) {
                let of = |list: &[Value]| list.get(at).cloned().unwrap_or_default();
                compare(&inner(&at.to_string()), &of(a), &of(b), lines);
            }
        }
        (a, b) if a != b => {
            let line = format!("{path}: {a} -> {b}");
            lines.push(format!("  {}", bugle::plain(&line)));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn differences_are_named_by_their_path() {
        let kept = json!({ "outcome": "completed", "log": { "lines": ["a", "b"] }, "fuel": 1 });
        let replayed = json!({ "outcome": "failed", "log": { "lines": ["a"] }, "fuel": 1, "x": 2 });
        let mut lines = Vec::new();
        compare("", &kept, &replayed, &mut lines);
        insta::assert_snapshot!(lines.join("\n"), @r#"
          log.lines.1: "b" -> null
          outcome: "completed" -> "failed"
          x: null -> 2
        "#);
    }
}
