//! Coverage as LCOV's trace file, which editors and code reviews read.

use std::fmt::Write as _;

use crate::{Coverage, FunctionCoverage};

pub(crate) fn tracefile(coverage: &Coverage) -> String {
    let mut out = String::from("TN:bugle\n");
    for file in &coverage.files {
        let functions = coverage.functions.iter().filter_map(|function| {
            let (path, line) = function.source.as_ref()?;
            (*path == file.path).then_some((function, *line))
        });
        let _ = writeln!(out, "SF:{}", clean(&file.path));
        write_functions(&mut out, functions.collect());
        for (line, count) in &file.lines {
            let _ = writeln!(out, "DA:{line},{count}");
        }
        let _ = writeln!(out, "LF:{}\nLH:{}\nend_of_record", file.lines.len(), file.reached());
    }
    let unplaced = coverage.functions.iter().filter(|function| function.source.is_none());
    let unplaced: Vec<_> = unplaced.zip(1..).collect();
    if !unplaced.is_empty() {
        let _ = writeln!(out, "SF:{}", clean(&coverage.component));
        write_functions(&mut out, unplaced);
        out.push_str("end_of_record\n");
    }
    out
}

fn write_functions(out: &mut String, functions: Vec<(&FunctionCoverage, u32)>) {
    let (found, mut hit) = (functions.len(), 0);
    for (function, line) in functions {
        hit += usize::from(function.calls > 0);
        // The format ends a name only with the line, and takes names as one a function.
        let name = format!("{} [{}.{}]", clean(&function.name), function.module, function.index);
        let _ = writeln!(out, "FN:{line},{name}\nFNDA:{},{name}", function.calls);
    }
    let _ = writeln!(out, "FNF:{found}\nFNH:{hit}");
}

/// A text that stays on its line.
fn clean(text: &str) -> String {
    bugle::plain(text).into_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::FileCoverage;

    #[test]
    fn functions_without_lines_stand_in_the_component() {
        let function = |name: &str, calls, source: Option<(&str, u32)>| FunctionCoverage {
            name: name.into(),
            module: 0,
            index: 3,
            calls,
            blocks: 1,
            blocks_reached: usize::from(calls > 0),
            source: source.map(|(file, line)| (file.to_owned(), line)),
        };
        let coverage = Coverage {
            component: "mail.wasm".into(),
            functions: vec![
                function("mail::run", 2, Some(("src/lib.rs", 7))),
                function("memcpy", 0, None),
            ],
            files: vec![FileCoverage {
                path: "src/lib.rs".into(),
                lines: BTreeMap::from([(7, 2), (9, 0)]),
            }],
            is_complete: true,
            is_whole: true,
        };
        insta::assert_snapshot!(coverage.lcov(), @r"
        TN:bugle
        SF:src/lib.rs
        FN:7,mail::run [0.3]
        FNDA:2,mail::run [0.3]
        FNF:1
        FNH:1
        DA:7,2
        DA:9,0
        LF:2
        LH:1
        end_of_record
        SF:mail.wasm
        FN:1,memcpy [0.3]
        FNDA:0,memcpy [0.3]
        FNF:1
        FNH:0
        end_of_record
        ");
    }
}
