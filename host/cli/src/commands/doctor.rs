//! `bugle doctor`.

use bugle::Finding;

use crate::access;
use crate::args::Global;
use crate::failure::{Ended, Failure};
use crate::output::{Look, Output, Paint};
use crate::text;

pub(crate) fn doctor(global: &Global, output: &Output) -> Result<Ended, Failure> {
    let data = access::data_dir(global)?;
    let findings = bugle::doctor(data.exists().then_some(data.as_path()));
    output.say(&findings, || {
        let folder = format!("data folder {}", bugle::plain(&data.to_string_lossy()));
        let findings = findings.iter().flat_map(|finding| lines(finding, output.paint));
        text::lines(std::iter::once(folder).chain(findings))
    })?;
    let is_bad = findings.iter().any(|finding| finding.state == "bad");
    Ok(if is_bad { Ended::Host } else { Ended::Well })
}

fn lines(finding: &Finding, paint: Paint) -> Vec<String> {
    let look = match &*finding.state {
        "ok" => Look::Good,
        "warn" => Look::Warning,
        _ => Look::Bad,
    };
    let state = paint.with(look, format!("{:<4}", finding.state));
    let (what, detail) = (bugle::plain(&finding.what), bugle::plain(&finding.detail));
    let hint = finding.hint.iter().map(|hint| format!("      {}", bugle::plain(hint)));
    std::iter::once(format!("{state}  {what}: {detail}")).chain(hint).collect()
}
