//! How two reports of one run differ, value by value.

use bugle::task::RunReport;
use serde_json::Value;

/// Differences that are printed of one run; `--json` has both results whole.
const DIFFERENCES_MAX: usize = 20;

/// What is left out where two builds are compared: what a run used differs with every build.
pub(super) const OF_A_BUILD: [&str; 3] = ["usage", "limits", "backtrace"];

/// A line for each value that differs, but for the parts of a result that are left out.
pub(super) fn differences(kept: &RunReport, new: &RunReport, left_out: &[&str]) -> Vec<String> {
    let json = |report: &RunReport| {
        let mut json = serde_json::to_value(&report.result).unwrap_or_default();
        if let Value::Object(fields) = &mut json {
            fields.retain(|name, _| !left_out.contains(&name.as_str()));
        }
        json
    };
    let mut lines = Vec::new();
    compare("", &json(kept), &json(new), &mut lines);
    let more = lines.len().saturating_sub(DIFFERENCES_MAX);
    lines.truncate(DIFFERENCES_MAX);
    if more > 0 {
        lines.push(format!("  and {more} more; `--json` has them all"));
    }
    lines
}

/// Names every value that is not the same in both, by its path.
fn compare(path: &str, kept: &Value, new: &Value, lines: &mut Vec<String>) {
    let inner =
        |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match (kept, new) {
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
