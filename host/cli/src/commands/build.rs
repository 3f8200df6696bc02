//! `bugle build`.

use serde_json::json;

use crate::args::{BuildArgs, Global};
use crate::failure::{Ended, Failure};
use crate::output::Output;
use crate::project::{self, Done};
use crate::text;

pub(crate) fn build(args: &BuildArgs, global: &Global, output: &Output) -> Result<Ended, Failure> {
    let done = project::open(&args.project, global)?.build(args.setup)?;
    let Done { manifest, component, built, admission, symbols } = &done;
    let answer = json!({
        "app": manifest.id,
        "component": component,
        "bytes": built.component.len(),
        "sha256": built.digest,
        "imports": admission.imports,
        "symbols": symbols,
    });
    output.say(&answer, || shown(&done, output.is_verbose))?;
    Ok(Ended::Well)
}

fn shown(done: &Done, is_verbose: bool) -> String {
    let bytes = text::count(done.built.component.len() as u64);
    let component = done.component.display();
    let mut lines = vec![format!("built {}: {component}, {bytes} bytes", done.manifest.id)];
    if done.admission.imports.is_empty() {
        lines.push("imports nothing".to_owned());
    } else {
        lines.push("imports".to_owned());
        lines.extend(done.admission.imports.iter().map(|import| format!("  {import}")));
    }
    if is_verbose {
        lines.push(format!("sha256 {}", done.built.digest));
        lines.push(format!("symbols {}", done.symbols.display()));
    }
    text::lines(lines.iter().map(|line| bugle::plain(line)))
}
