//! Coverage of the cases of `bugle test`, for people and as a file.

use std::path::Path;

use bugle::TestApp;
use bugle_trace::{Coverage, FunctionCoverage, Symbols};

use crate::failure::Failure;
use crate::output::{self, Look, Paint};
use crate::table::Table;
use crate::text;

/// The most functions that are named as not reached; the file has them all.
const FUNCTIONS_SHOWN_MAX: usize = 20;

/// Said where functions have numbers.
pub(crate) const NO_NAMES: &str = "note: the component has no names of functions; `bugle build` keeps \
                                   them beside it, in .bugle/symbols\n";

/// What the runs of apps that were opened to be traced reached, component by component.
pub(crate) fn of<'a>(apps: impl Iterator<Item = &'a TestApp>) -> Vec<Coverage> {
    let traces = apps.flat_map(TestApp::traces);
    traces.map(|traced| Coverage::of(&traced, &Symbols::of(&traced))).collect()
}

/// Writes all of it as one LCOV file.
pub(crate) fn write_lcov(coverages: &[Coverage], file: &Path) -> Result<(), Failure> {
    let text: String = coverages.iter().map(Coverage::lcov).collect();
    output::write_file(file, &text)
}

pub(crate) fn in_words(coverage: &Coverage, paint: Paint) -> String {
    let functions = &coverage.functions;
    let blocks: usize = functions.iter().map(|function| function.blocks).sum();
    let blocks_reached: usize = functions.iter().map(|function| function.blocks_reached).sum();
    let mut text = format!(
        "{} of {}: {}, {}\n",
        paint.with(Look::Strong, "coverage"),
        bugle::plain(&coverage.component),
        part(coverage.functions_reached(), functions.len(), "functions"),
        part(blocks_reached, blocks, "blocks"),
    );
    text += &files(coverage, paint);
    text += &not_reached(coverage);
    if !coverage.has_names {
        text += NO_NAMES;
    }
    if !coverage.is_complete {
        text += "note: the component is too large to look at every block of its code\n";
    }
    if !coverage.is_whole {
        text += "note: some run was too long to look at all of it; more may have been reached\n";
    }
    text
}

/// The author's own files, where lines are known.
fn files(coverage: &Coverage, paint: Paint) -> String {
    let mut own = coverage.files.iter().filter(|file| file.is_own()).peekable();
    if own.peek().is_none() {
        return String::new();
    }
    let mut table = Table::new(&["file", "lines", "reached", "%"]);
    for file in own {
        let (reached, lines) = (file.reached(), file.lines.len());
        let path = bugle::plain(&file.path).into_owned();
        table.row([path, lines.to_string(), reached.to_string(), per_cent(reached, lines)]);
    }
    table.text(paint, "")
}

/// The functions that no run entered: the author's own, where it is known whose they are.
fn not_reached(coverage: &Coverage) -> String {
    let is_own = |function: &&FunctionCoverage| match &function.source {
        Some((path, _)) => coverage.files.iter().any(|file| file.path == *path && file.is_own()),
        // Where some lines are known, code without any is a library's.
        None => coverage.files.is_empty(),
    };
    let missed = coverage.functions.iter().filter(|function| function.calls == 0);
    let missed: Vec<&FunctionCoverage> = missed.filter(is_own).collect();
    if missed.is_empty() {
        return String::new();
    }
    let line = |function: &&FunctionCoverage| {
        let at = function.source.as_ref().map(|(path, line)| format!("  {path}:{line}"));
        let line = format!("{}{}", function.name, at.unwrap_or_default());
        format!("  {}", bugle::plain(&line))
    };
    let mut lines = vec!["not reached".to_owned()];
    lines.extend(missed.iter().take(FUNCTIONS_SHOWN_MAX).map(line));
    let more = missed.len().saturating_sub(FUNCTIONS_SHOWN_MAX);
    if more > 0 {
        lines.push(format!("  and {more} more; `--lcov FILE` has them all"));
    }
    text::lines(lines)
}

fn part(some: usize, all: usize, what: &str) -> String {
    format!("{some} of {all} {what} ({} %)", per_cent(some, all))
}

fn per_cent(some: usize, all: usize) -> String {
    let tenths = some * 1_000 / all.max(1);
    format!("{}.{}", tenths / 10, tenths % 10)
}
