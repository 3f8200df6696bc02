//! Which crate may know which: each edge is a wall that a reader can check in `[dependencies]`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

use crate::assert_none;
use crate::tree;

/// The crates of this repository that others may use, and whom each may use of them. `xtask`, the
/// tests and the bench may use everything; only the bench may use the tests.
const OURS: [(&str, &[&str]); 19] = [
    ("bugle-task", &[]),
    ("bugle-sandbox", &["bugle-task"]),
    ("bugle-store", &["bugle-task"]),
    ("bugle", &["bugle-sandbox", "bugle-store", "bugle-task"]),
    ("bugle-protocols", &["bugle-task"]),
    ("bugle-dashboard", &["bugle", "bugle-cases"]),
    ("bugle-gateway", &["bugle", "bugle-dashboard", "bugle-protocols"]),
    ("bugle-sinks", &["bugle"]),
    ("bugle-toolchain", &[]),
    ("bugle-build", &["bugle-toolchain"]),
    ("bugle-cases", &["bugle"]),
    ("bugle-trace", &["bugle"]),
    (
        "bugle-cli",
        &["bugle", "bugle-build", "bugle-cases", "bugle-gateway", "bugle-sinks", "bugle-trace"],
    ),
    ("bugle-guest-macros", &[]),
    ("bugle-guest", &["bugle-guest-macros", "bugle-task"]),
    ("embed", &["bugle"]),
    ("chat", &["bugle-guest"]),
    ("mail", &["bugle-guest"]),
    ("raw-notification", &["bugle-guest"]),
];

/// What a crate must not have, not even through others: what it never does.
const NEVER: [(&str, &[&str]); 12] = [
    ("bugle-protocols", &["wasmtime", "rusqlite", "tokio", "axum", "hyper", "cap-std", "rustix"]),
    ("bugle-task", &["wasmtime", "rusqlite", "tokio", "axum", "hyper", "cap-std", "rustix"]),
    ("bugle-sandbox", &["rusqlite", "tokio", "axum", "hyper", "cap-std", "wasmtime-wasi"]),
    ("bugle-store", &["wasmtime", "tokio", "axum", "hyper"]),
    ("bugle", &["axum", "hyper", "ureq", "wasmtime-wasi"]),
    ("bugle-dashboard", &["axum", "hyper", "ureq", "wasmtime-wasi"]),
    ("bugle-sinks", &["axum", "hyper", "wasmtime-wasi"]),
    ("bugle-cases", &["axum", "hyper", "wasmtime-wasi"]),
    ("bugle-trace", &["axum", "hyper", "wasmtime-wasi"]),
    ("bugle-guest", &["wasmtime", "rusqlite", "tokio", "wasi"]),
    ("bugle-build", &["wasmtime", "rusqlite", "tokio", "axum", "hyper"]),
    ("bugle-cli", &["wasmtime-wasi"]),
];

/// What has one owner: others have it only through the owner.
const OWNED: [(&str, &str); 8] = [
    ("wasmtime", "bugle-sandbox"),
    ("rusqlite", "bugle-store"),
    ("axum", "bugle-gateway"),
    ("ureq", "bugle-sinks"),
    ("maud", "bugle-dashboard"),
    ("cap-std", "bugle"),
    ("clap", "bugle-cli"),
    ("wit-component", "bugle-build"),
];

/// They build, measure and test everything, so they may use everything.
const FREE: [&str; 3] = ["xtask", "bugle-tests", "bugle-bench"];

/// What `cargo metadata` says of one package.
#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    #[serde(rename = "license")]
    pub(crate) licence: Option<String>,
    /// None for those of this repository.
    source: Option<String>,
    id: String,
    manifest_path: PathBuf,
}

/// All packages, and who depends on whom outside of tests.
pub(crate) struct Graph {
    pub(crate) packages: Vec<Package>,
    edges: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    /// Asks cargo, which answers from what it has; only what was never built here is downloaded.
    pub(crate) fn load() -> Self {
        let ask = |more: &[&str]| {
            let mut cargo = Command::new(env!("CARGO"));
            cargo.args(["metadata", "--format-version", "1", "--locked"]).args(more);
            cargo.current_dir(tree::root()).output().expect("cargo starts")
        };
        let offline = ask(&["--offline"]);
        let answer = if offline.status.success() { offline } else { ask(&[]) };
        let words = String::from_utf8_lossy(&answer.stderr);
        assert!(answer.status.success(), "cargo metadata: {words}");
        let mut json: Value =
            serde_json::from_slice(&answer.stdout).expect("cargo answers in JSON");
        let packages: Vec<Package> =
            serde_json::from_value(json["packages"].take()).expect("packages are as documented");
        let edges = edges(&json["resolve"]["nodes"], &packages);
        Self { packages, edges }
    }

    fn ours(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.source.is_none())
    }

    fn direct(&self, name: &str) -> impl Iterator<Item = &str> {
        self.edges.get(name).into_iter().flatten().map(String::as_str)
    }

    /// Everything that a crate has, through others too.
    fn reach(&self, name: &str) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&str> = self.direct(name).collect();
        while let Some(next) = open.pop() {
            if reached.insert(next) {
                open.extend(self.direct(next));
            }
        }
        reached
    }
}

/// Edges by name: two versions of one crate count as one.
fn edges(nodes: &Value, packages: &[Package]) -> BTreeMap<String, BTreeSet<String>> {
    let names: BTreeMap<&str, &str> =
        packages.iter().map(|package| (package.id.as_str(), package.name.as_str())).collect();
    let name = |id: &Value| id.as_str().and_then(|id| names.get(id)).map(ToString::to_string);
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for node in nodes.as_array().into_iter().flatten() {
        let Some(from) = name(&node["id"]) else { continue };
        let to = edges.entry(from).or_default();
        for dep in node["deps"].as_array().into_iter().flatten() {
            let kinds = dep["dep_kinds"].as_array();
            if kinds.into_iter().flatten().any(|kind| kind["kind"].is_null()) {
                to.extend(name(&dep["pkg"]));
            }
        }
    }
    edges
}

#[test]
fn crates_depend_in_one_direction() {
    let graph = Graph::load();
    let ours: BTreeSet<&str> = graph.ours().map(|package| package.name.as_str()).collect();
    let mut broken = Vec::new();
    for from in ours.iter().filter(|name| !FREE.contains(name)) {
        let Some((_, allowed)) = OURS.iter().find(|(name, _)| name == from) else {
            broken.push(format!("{from} is a new crate: say in this table whom it may use"));
            continue;
        };
        let wrong = graph.direct(from).filter(|to| ours.contains(to) && !allowed.contains(to));
        broken.extend(wrong.map(|to| format!("{from} uses {to}")));
    }
    assert_none("a crate uses one that it must not know", &broken);
}

#[test]
fn crates_have_nothing_of_what_they_never_do() {
    let graph = Graph::load();
    let mut broken = Vec::new();
    for (from, never) in NEVER {
        let reach = graph.reach(from);
        let wrong = never.iter().filter(|to| reach.contains(**to));
        broken.extend(wrong.map(|to| format!("{from} has {to}")));
    }
    for (thing, owner) in OWNED {
        for package in graph.ours().filter(|p| p.name != owner && !FREE.contains(&p.name.as_str()))
        {
            if graph.direct(&package.name).any(|to| to == thing) {
                broken.push(format!("{} uses {thing}, which is {owner}'s", package.name));
            }
        }
    }
    assert_none("a crate has what it should leave to another", &broken);
}

#[test]
fn everything_comes_from_the_one_registry() {
    let root = tree::root().canonicalize().expect("the repository has a path");
    let is_from = |package: &Package| match &package.source {
        Some(source) => source.starts_with("registry+"),
        None => package.manifest_path.starts_with(&root),
    };
    let broken: Vec<String> = Graph::load()
        .packages
        .iter()
        .filter(|package| !is_from(package))
        .map(|package| format!("{} {}", package.name, package.version))
        .collect();
    assert_none("a dependency comes from git, or from a path outside", &broken);
}

/// Long-term support: fixes come as 48.0.x, and nothing else changes with them.
#[test]
fn wasmtime_is_the_release_with_long_term_support() {
    let broken: Vec<String> = Graph::load()
        .packages
        .iter()
        .filter(|package| package.name == "wasmtime" && !package.version.starts_with("48.0."))
        .map(|package| package.version.clone())
        .collect();
    assert_none("wasmtime is 48.0.x", &broken);
}
