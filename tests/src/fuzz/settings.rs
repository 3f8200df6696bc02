//! Settings: what is accepted comes back equal, and what is refused leaves nothing.
//!
//! An input has a change a line: a path, a tabulator, and a value as people write it, as JSON where it
//! begins with `{`, or none, which removes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use bugle::{Limits, Value, parse_value};
use bugle_task::check_path;

use super::Target;
use super::dice::Dice;
use super::mutate::mutate;
use crate::{Scene, puppet};

/// Some times what an app of these limits may have.
const BYTES_MAX: usize = 24 * 1024;
/// The most changes of one input: each is a transaction.
const CHANGES_MAX: usize = 64;
/// Cases after which a host gets a new store: former values stay for runs that are kept.
const CASES_A_STORE: usize = 2_000;

/// Small, so that inputs reach them.
const LIMITS: &str = "settings=12,settings-bytes=4096,setting-value-bytes=1024";

/// What values and paths have.
const WORDS: &[&str] = &[
    "true",
    "false",
    "nan",
    "inf",
    "-inf",
    "1e308",
    "5e-324",
    "-0.0",
    "@1700000000000",
    "@-1",
    "base64:aGk=",
    "base64:",
    "\"12\"",
    "\t",
    "/",
    "//",
    "a/b/c",
    "{\"type\":\"integer\",\"value\":1}",
    "\"float\"",
    "\"value\":\"NaN\"",
    "\"value\":\"-inf\"",
    "\"value\":\"1e999\"",
    "\"bytes\"",
    "\"timestamp\"",
    "18446744073709551615",
    "-9223372036854775808",
    "0.30000000000000004",
    "9007199254740993.0",
];

const SEEDS: [&str; 4] = [
    "inbox/unread\t12\ninbox/last\tsome text\na\ttrue\nb\t1.5\nc\t@1700000000000\nd\tbase64:aGk=\n",
    "a\t{\"type\":\"float\",\"value\":\"NaN\"}\nb\t{\"type\":\"float\",\"value\":-0.0}\n\
     c\t{\"type\":\"bytes\",\"value\":\"AAEC\"}\nd\t{\"type\":\"text\",\"value\":\"\\u0000\\ud83d\\ude00\"}\n",
    "a\t1\na\t\nb/c/d\t2\nb\t3\nb/c\t4\nb/c/d\t\n",
    "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z/0/1/2/3/4/5\tdeep\n",
];

/// Settings of an app of a host in memory.
pub(super) struct Settings {
    scene: Scene,
    cases: usize,
    limits: Limits,
}

impl Settings {
    pub(super) fn open() -> Result<Self> {
        let mut limits = Limits::default();
        limits.set_from_text(LIMITS)?;
        Ok(Self { scene: Self::scene()?, cases: 0, limits })
    }

    fn scene() -> Result<Scene> {
        let builder = Scene::builder().app(puppet("com.example.puppet")).limits(LIMITS);
        builder.host(|host| host.workers(1)).start()
    }

    /// Whether a host has to take a value.
    fn may_be(&self, path: &str, value: &Value, kept: &BTreeMap<String, Value>) -> bool {
        let size = |path: &str, value: &Value| path.len() as u64 + value.bytes();
        let mut others = kept.iter().filter(|(other, _)| *other != path);
        let count = others.clone().count() as u64 + 1;
        let bytes: u64 = others.by_ref().map(|(path, value)| size(path, value)).sum();
        let bytes = bytes + size(path, value);
        value.bytes() <= self.limits.setting_value_bytes
            && bytes <= self.limits.settings_bytes
            && count <= self.limits.settings
    }

    fn change(
        &self,
        path: &str,
        value: Option<Value>,
        kept: &mut BTreeMap<String, Value>,
    ) -> Result<&'static str> {
        let settings = self.scene.app().settings();
        let changed = match value.clone() {
            Some(value) => settings.set(path, value).wait(),
            None => settings.unset(path).wait(),
        };
        let is_path = check_path(path).is_ok();
        let may_be = value.as_ref().is_none_or(|value| self.may_be(path, value, kept));
        match changed {
            Ok(had_one) => {
                ensure!(is_path, "path: `{}` is taken", path.escape_debug());
                ensure!(may_be, "quota: `{}` is taken", path.escape_debug());
                let old = match value {
                    Some(value) => kept.insert(path.to_owned(), value),
                    None => kept.remove(path),
                };
                ensure!(had_one == old.is_some(), "former: it says {had_one}");
                Ok(if had_one { "changed" } else { "set" })
            }
            Err(error) => {
                let code = error.code();
                ensure!(!is_path || !may_be, "refused: {error}");
                ensure!(matches!(code, "invalid-path" | "setting"), "code: it is {code}");
                ensure!(error.is_usage(), "fault: the host's own: {error}");
                Ok(code)
            }
        }
    }

    /// What the host has is what was accepted.
    fn check_kept(&self, kept: &BTreeMap<String, Value>) -> Result<()> {
        let all = self.scene.app().settings().all().wait()?;
        let all: BTreeMap<String, Value> =
            all.iter().map(|(path, value)| (path.to_owned(), value.clone())).collect();
        // A float that is no number is not equal to itself, and its text is.
        let (all, kept) = (serde_json::to_string(&all)?, serde_json::to_string(kept)?);
        ensure!(all == kept, "kept: {all}\nand not {kept}");
        Ok(())
    }
}

/// What a line says; none if its JSON is no value. What JSON says of a value is read as it was.
fn line(line: &str) -> Result<Option<(&str, Option<Value>)>> {
    let (path, text) = line.split_once('\t').unwrap_or((line, ""));
    let value = match text {
        "" => None,
        text if text.starts_with('{') => {
            let Ok(value) = serde_json::from_str::<Value>(text) else { return Ok(None) };
            Some(value)
        }
        text => Some(parse_value(text)),
    };
    if let Some(value) = &value {
        let json = serde_json::to_string(value)?;
        let read: Value = serde_json::from_str(&json).with_context(|| format!("json: {json}"))?;
        ensure!(serde_json::to_string(&read)? == json, "json: {json} is read as {read:?}");
        let same = match (value, &read) {
            (Value::Float(a), Value::Float(b)) => {
                a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
            }
            (a, b) => a == b,
        };
        ensure!(same, "json: {value:?} is read as {read:?}");
    }
    Ok(Some((path, value)))
}

impl Target for Settings {
    fn time_max(&self) -> Duration {
        Duration::from_secs(20)
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        SEEDS.iter().map(|seed| seed.as_bytes().to_vec()).collect()
    }

    fn next(&self, corpus: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
        mutate(corpus, WORDS, dice, BYTES_MAX)
    }

    fn check(&mut self, input: &[u8]) -> Result<String> {
        self.cases += 1;
        if self.cases.is_multiple_of(CASES_A_STORE) {
            self.scene = Self::scene()?;
        }
        let text = String::from_utf8_lossy(input);
        let (mut kept, mut said) = (BTreeMap::new(), BTreeSet::new());
        for change in text.lines().take(CHANGES_MAX) {
            let Some((path, value)) = line(change)? else { continue };
            let kind = value.as_ref().map_or("none", Value::kind);
            said.insert(format!("{kind} {}", self.change(path, value, &mut kept)?));
        }
        self.check_kept(&kept)?;
        // The next case begins with nothing.
        while let Some((path, _)) = kept.first_key_value() {
            let path = path.clone();
            self.change(&path, None, &mut kept)?;
        }
        self.check_kept(&kept)?;
        Ok(said.into_iter().collect::<Vec<_>>().join(", "))
    }

    fn end(&mut self) -> Result<()> {
        let broken = self.scene.reader().check()?;
        ensure!(broken.is_empty(), "store: {broken:?}");
        Ok(())
    }
}
