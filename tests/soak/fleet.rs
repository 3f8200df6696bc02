//! The apps: some that do what they should, and some that do the worst they can.

use anyhow::{Context as _, Result, ensure};
use bugle::{Reader, Value};
use bugle_tests::program::Place;
use bugle_tests::{probe, puppet};

use crate::LIMITS;

/// As many as a desktop has that are busy at once.
const GOOD: usize = 3;

/// Work without end, the host's work, memory, tables, a stack, and what the host is handed.
const NOISY: [&str; 8] = [
    "loop",
    "fill-loop",
    "settings-set-loop",
    "grow-until-no",
    "table-grow",
    "recurse",
    "list-overlap",
    "log-64k-loop",
];

/// The apps that are installed.
pub(crate) struct Fleet {
    pub(crate) good: Vec<App>,
    pub(crate) bad: Vec<App>,
}

/// An app, and where it is pushed to.
pub(crate) struct App {
    pub(crate) id: String,
    pub(crate) path: String,
}

impl Fleet {
    pub(crate) fn install(place: &Place) -> Result<Self> {
        let install = |id: String, component: Option<&[u8]>| -> Result<App> {
            let source = puppet(&id);
            let source = match component {
                Some(component) => source.with_component(component),
                None => source,
            };
            place.app(&id, &source)?;
            // An app has the limits of the host that installed it.
            place.bugle(["install", &id].into_iter().chain(LIMITS))?.good()?;
            let opened =
                place.bugle(["channel", "open", &format!("{id}/inbox"), "--json"])?.json()?;
            let path = opened["path"].as_str().context("a channel has a path")?.to_owned();
            Ok(App { id, path })
        };
        let probes = probe::load_all()?;
        let noisy = |name: &&str| {
            let probe = probes.iter().find(|probe| probe.name == *name);
            let probe = probe.with_context(|| format!("there is no probe `{name}`"))?;
            install(format!("com.example.{name}"), Some(&probe.component))
        };
        let good = (0..GOOD).map(|at| install(format!("com.example.good{at}"), None));
        Ok(Self {
            good: good.collect::<Result<_>>()?,
            bad: NOISY.iter().map(noisy).collect::<Result<_>>()?,
        })
    }

    pub(crate) fn noisy(&self) -> impl Iterator<Item = &str> {
        self.bad.iter().map(|app| app.id.as_str())
    }

    /// How many pushes the good apps have completed: each counts its own in a setting.
    pub(crate) fn completed(&self, reader: &Reader) -> Result<u64> {
        self.good.iter().map(|app| count(reader, &app.id)).sum()
    }

    /// What each good app has completed, and what of its pushes is dead.
    pub(crate) fn kept(&self, reader: &Reader) -> Result<Vec<(u64, u64)>> {
        let kept = self.good.iter().map(|app| {
            let dead = reader.dead(Some(&app.id.parse()?))?;
            // Chance may kill the host thrice while it looks whether one push is what kills it.
            for dead in &dead {
                ensure!(dead.crashes > 0, "{} of {} is dead: {}", dead.id, app.id, dead.message);
            }
            Ok((count(reader, &app.id)?, dead.len() as u64))
        });
        kept.collect()
    }
}

fn count(reader: &Reader, id: &str) -> Result<u64> {
    match reader.settings(&id.parse()?)?.get("n") {
        Some(Value::Integer(count)) => Ok(u64::try_from(*count)?),
        _ => Ok(0),
    }
}
