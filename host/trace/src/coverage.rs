use std::collections::BTreeMap;

use bugle::{FunctionId, TracedComponent};
use serde::Serialize;

use crate::{Symbols, lcov};

/// Which code of a component its runs reached.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Coverage {
    /// The component, as it was named.
    pub component: String,
    /// All functions of the component's own, in the order of its code.
    pub functions: Vec<FunctionCoverage>,
    /// Files of source whose lines are known, from the component's debug information; none if it
    /// has none.
    pub files: Vec<FileCoverage>,
    /// Whether all code was looked at. If not, the component has so much code that only where
    /// functions and loops begin was, so that lines between may be missing.
    pub is_complete: bool,
    /// Whether counts are exact. If not, some run was so long that it was looked at now and then only:
    /// counts are what there was at least.
    pub is_whole: bool,
}

/// How often a function was reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct FunctionCoverage {
    /// Its name, if it has one.
    pub name: String,
    /// The core module that it is in.
    pub module: u32,
    /// Its index in that module.
    pub index: u32,
    /// How often it was called.
    pub calls: u64,
    /// Stretches of straight code in it.
    pub blocks: usize,
    /// How many of them were entered.
    pub blocks_reached: usize,
    /// Where its source begins, if that is known.
    pub source: Option<(String, u32)>,
}

/// The lines of one file of source that code stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct FileCoverage {
    /// As the compiler wrote it.
    pub path: String,
    /// How often each line was reached.
    pub lines: BTreeMap<u32, u64>,
}

impl FileCoverage {
    /// How many of its lines were reached.
    #[must_use]
    pub fn reached(&self) -> usize {
        self.lines.values().filter(|count| **count > 0).count()
    }

    /// Whether it is the author's, as far as its path tells: standard libraries and packages have
    /// absolute paths of their builders.
    #[must_use]
    pub fn is_own(&self) -> bool {
        !["/rustc/", "/cargo/", "/lib/rustlib/", "/registry/"]
            .iter()
            .any(|part| self.path.contains(part))
            && !self.path.starts_with("library/")
    }
}

impl Coverage {
    /// The coverage of a component's runs.
    #[must_use]
    pub fn of(traced: &TracedComponent, symbols: &Symbols) -> Self {
        let mut functions: BTreeMap<FunctionId, FunctionCoverage> = BTreeMap::new();
        let mut files: BTreeMap<String, BTreeMap<u32, u64>> = BTreeMap::new();
        let counts = traced.trace.counts.iter().copied().chain(std::iter::repeat(0));
        for (block, count) in traced.probes.blocks().iter().zip(counts) {
            let lines = symbols.lines(block.function.module, &(block.start..block.end));
            let function = functions.entry(block.function).or_insert_with(|| FunctionCoverage {
                name: symbols.name(block.function),
                module: block.function.module,
                index: block.function.function,
                // Its first block is where it is entered.
                calls: count,
                blocks: 0,
                blocks_reached: 0,
                source: lines.first().cloned(),
            });
            function.blocks += 1;
            function.blocks_reached += usize::from(count > 0);
            for (file, line) in lines {
                let reached = files.entry(file).or_default().entry(line).or_default();
                // Of the blocks on a line, the one that ran most often tells how often the line did.
                *reached = count.max(*reached);
            }
        }
        let files = files.into_iter().map(|(path, lines)| FileCoverage { path, lines });
        Self {
            component: traced.path.display().to_string(),
            functions: functions.into_values().collect(),
            files: files.collect(),
            is_complete: traced.probes.is_complete(),
            is_whole: traced.trace.is_whole || traced.trace.looks == 0,
        }
    }

    /// How many functions were reached.
    #[must_use]
    pub fn functions_reached(&self) -> usize {
        self.functions.iter().filter(|function| function.calls > 0).count()
    }

    /// The coverage in LCOV's format. Without lines, functions stand in the component's own path, a
    /// line each, in their order.
    #[must_use]
    pub fn lcov(&self) -> String {
        lcov::tracefile(self)
    }
}
