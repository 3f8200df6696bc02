use std::path::Path;

use bugle_sandbox::RunControl;
use bugle_task::{RunId, RunReport};
use serde::Serialize;

use crate::components::Components;
use crate::{Error, Reader};

/// A kept run, run again.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Replay {
    /// The report that was kept.
    pub kept: RunReport,
    /// The report of the replay.
    pub replayed: RunReport,
    /// Whether `result` is the same, byte for byte.
    pub is_same: bool,
    /// Why the two need not be the same, if they need not.
    pub not_comparable: Option<String>,
}

pub(crate) fn replay(
    reader: &Reader,
    components: &Components,
    run: RunId,
) -> Result<Replay, Error> {
    let kept = reader.run(run)?;
    let sandbox = components.sandbox();
    let prepared =
        match components.loaded(kept.component).or_else(|| components.cached(kept.component)) {
            Some(prepared) => prepared,
            None => {
                let bytes = reader.component(kept.component)?;
                let path = format!("component {}", kept.component);
                components.prepare(Path::new(&path), kept.component, &bytes)?.0
            }
        };
    let replayed = sandbox.run(&prepared, &kept.input, &RunControl::new());
    let not_comparable = if kept.engine_hash != sandbox.engine_hash().to_string() {
        Some(
            "the run was made by another engine: another version of this program, or another system",
        )
    } else if !kept.report.is_replayable() {
        Some("the outside ended the run, or told it to end")
    } else {
        None
    };
    Ok(Replay {
        is_same: result_bytes(&kept.report)? == result_bytes(&replayed)?,
        kept: kept.report,
        replayed,
        not_comparable: not_comparable.map(str::to_owned),
    })
}

fn result_bytes(report: &RunReport) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(&report.result)
        .map_err(|error| Error::Usage { what: format!("a report cannot be written: {error}") })
}
