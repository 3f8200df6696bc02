use std::collections::{BTreeMap, BTreeSet};

use bugle::TracedComponent;
use serde::Serialize;

use crate::{Symbols, flame, speedscope};

/// Where the fuel of runs went.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Profile {
    /// All fuel.
    pub fuel: u64,
    /// What each function used, what used most first.
    pub functions: Vec<FunctionFuel>,
    /// Whether every unit is put to the function that used it. If not, the run was so long that it was
    /// looked at now and then only, or has so much code that it was looked at only where functions and loops
    /// begin: then what a function does after a call may be put to what it called.
    pub is_exact: bool,
    /// Fuel by stack, outermost function first.
    #[serde(skip)]
    pub stacks: BTreeMap<Vec<String>, u64>,
}

/// The fuel of one function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct FunctionFuel {
    /// Its name. Functions of one name are one here.
    pub name: String,
    /// What it used itself, calls of the host included.
    pub own: u64,
    /// What it and all that it called used. A recursion is counted once.
    pub total: u64,
}

/// What is used before the first function is entered: making the instance.
const START: &str = "(start)";

impl Profile {
    /// The profile of a component's runs, which were traced with their stacks.
    #[must_use]
    pub fn of(traced: &TracedComponent, symbols: &Symbols) -> Self {
        let mut stacks: BTreeMap<Vec<String>, u64> = BTreeMap::new();
        for (stack, fuel) in &traced.trace.stacks {
            let mut names: Vec<String> = stack.iter().map(|id| symbols.name(*id)).collect();
            if names.is_empty() {
                names.push(START.to_owned());
            }
            *stacks.entry(names).or_default() += fuel;
        }
        Self {
            fuel: stacks.values().sum(),
            functions: functions(&stacks),
            is_exact: traced.trace.is_whole && traced.probes.is_complete(),
            stacks,
        }
    }

    /// The profile as a flame graph: one SVG that any browser shows.
    #[must_use]
    pub fn flame_graph(&self, title: &str) -> String {
        flame::graph(self, title)
    }

    /// The profile in the format of speedscope.
    #[must_use]
    pub fn speedscope(&self, title: &str) -> String {
        speedscope::profile(self, title)
    }
}

fn functions(stacks: &BTreeMap<Vec<String>, u64>) -> Vec<FunctionFuel> {
    let mut by_name: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (stack, fuel) in stacks {
        for name in stack.iter().collect::<BTreeSet<_>>() {
            by_name.entry(name).or_default().1 += fuel;
        }
        if let Some(innermost) = stack.last() {
            by_name.entry(innermost).or_default().0 += fuel;
        }
    }
    let function =
        |(name, (own, total)): (&str, _)| FunctionFuel { name: name.to_owned(), own, total };
    let mut functions: Vec<FunctionFuel> = by_name.into_iter().map(function).collect();
    functions.sort_by(|a, b| (b.own, b.total, &a.name).cmp(&(a.own, a.total, &b.name)));
    functions
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn profile(stacks: &[(&str, u64)]) -> Profile {
        let split = |(stack, fuel): &(&str, u64)| {
            (stack.split(';').map(str::to_owned).collect::<Vec<_>>(), *fuel)
        };
        let stacks: BTreeMap<_, _> = stacks.iter().map(split).collect();
        Profile {
            fuel: stacks.values().sum(),
            functions: functions(&stacks),
            is_exact: true,
            stacks,
        }
    }

    #[test]
    fn a_recursion_is_counted_once() {
        let profile = profile(&[("run;walk", 1), ("run;walk;walk", 2), ("run", 4)]);
        let rows = profile.functions.iter().map(|f| format!("{} {} {}", f.name, f.own, f.total));
        assert_eq!(rows.collect::<Vec<_>>(), ["run 4 7", "walk 3 3"]);
    }
}
