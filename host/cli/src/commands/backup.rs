//! `bugle backup`.

use serde_json::json;

use crate::access;
use crate::args::{BackupArgs, Global};
use crate::failure::{Ended, Failure};
use crate::output::Output;
use crate::text;

pub(crate) fn backup(
    args: &BackupArgs,
    global: &Global,
    output: &Output,
) -> Result<Ended, Failure> {
    let Some(reader) = access::reader(global)? else {
        let data = access::data_dir(global)?;
        let message = format!("there is nothing to back up in `{}` yet", data.display());
        return Err(
            Failure::usage("store-missing", message).hint("name a data folder with `--data DIR`")
        );
    };
    let file = std::path::absolute(&args.file).map_err(|error| {
        Failure::usage("file", format!("`{}` cannot be used: {error}", args.file.display()))
    })?;
    reader.back_up(&file)?;
    let bytes = std::fs::metadata(&file).map_or(0, |metadata| metadata.len());
    let said = json!({ "file": file, "bytes": bytes });
    output.say(&said, || {
        let file = file.display();
        format!(
            "backed up to {file}, {}\n\
             it is a secret: whoever reads it can push to every channel\n\
             to restore it, stop the host and copy it to `bugle.db-fresh` in the data folder\n",
            text::bytes(bytes)
        )
    })?;
    Ok(Ended::Well)
}
