//! `bugle doctor`.

use bugle::{Finding, State};

use crate::access;
use crate::args::Global;
use crate::failure::{Ended, Failure};
use crate::output::{Look, Output, Paint};
use crate::text;

pub(crate) fn doctor(global: &Global, output: &Output) -> Result<Ended, Failure> {
    let data = access::data_dir(global)?;
    let findings = bugle::doctor(data.exists().then_some(data.as_path()), &access::compiler()?);
    output.say(&findings, || {
        let folder = format!("data folder {}", bugle::plain(&data.to_string_lossy()));
        let findings = findings.iter().flat_map(|finding| lines(finding, output.paint));
        text::lines(std::iter::once(folder).chain(findings))
    })?;
    let is_bad = findings.iter().any(|finding| finding.state == State::Bad);
    Ok(if is_bad { Ended::Host } else { Ended::Well })
}

fn lines(finding: &Finding, paint: Paint) -> Vec<String> {
    let (look, state) = match finding.state {
        State::Ok => (Look::Good, "ok  "),
        State::Warn => (Look::Warning, "warn"),
        State::Bad => (Look::Bad, "bad "),
    };
    let state = paint.with(look, state);
    let (what, detail) = (bugle::plain(finding.what), bugle::plain(&finding.detail));
    let hint = finding.hint.iter().map(|hint| format!("      {}", bugle::plain(hint)));
    std::iter::once(format!("{state}  {what}: {detail}")).chain(hint).collect()
}
