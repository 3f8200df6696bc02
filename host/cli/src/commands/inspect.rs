//! `bugle inspect`: what a component is, whoever made it.

use std::fs::File;
use std::io::Read as _;

use bugle_build::{Inspection, Kind, Needs};
use serde_json::{Value, json};

use crate::access;
use crate::args::{Global, InspectArgs};
use crate::failure::{Ended, Failure};
use crate::output::{Look, Output, Paint};
use crate::text;

/// The most bytes of a file that are looked at: an unstripped Python component, the largest that was
/// tried, has a fifth of it.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

pub(crate) fn inspect(
    args: &InspectArgs,
    global: &Global,
    output: &Output,
) -> Result<Ended, Failure> {
    let path = args.file.display();
    let file = read(args)?;
    let inspection = bugle_build::inspect(&file)
        .map_err(|error| Failure::usage(error.code(), format!("`{path}`: {error}")))?;
    let refused = bugle::admit(&file, &access::limits(global)?).err();
    let mut answer = serde_json::to_value(&inspection)
        .map_err(|error| Failure::host("output", error.to_string()))?;
    if let Value::Object(answer) = &mut answer {
        answer.insert("admitted".to_owned(), json!(refused.is_none()));
        let why = refused
            .as_ref()
            .map(|error| json!({ "code": error.code(), "message": error.to_string() }));
        answer.insert("refused".to_owned(), json!(why));
    }
    let refused = refused.map(|error| error.to_string());
    output.say(&answer, || shown(&inspection, refused.as_deref(), output))?;
    Ok(Ended::Well)
}

fn read(args: &InspectArgs) -> Result<Vec<u8>, Failure> {
    let path = args.file.display();
    let failed = |error| Failure::usage("file", format!("`{path}` cannot be used: {error}"));
    let mut file = Vec::new();
    let opened = File::open(&args.file).map_err(failed)?;
    opened.take(FILE_BYTES_MAX + 1).read_to_end(&mut file).map_err(failed)?;
    if file.len() as u64 > FILE_BYTES_MAX {
        let message = format!("`{path}` has more than {}", text::bytes(FILE_BYTES_MAX));
        return Err(Failure::usage("file", message));
    }
    Ok(file)
}

fn shown(found: &Inspection, refused: Option<&str>, output: &Output) -> String {
    let paint = output.paint;
    let kind = match found.kind {
        Kind::Component => "component",
        Kind::CoreModule => "core module",
    };
    let kind = paint.with(Look::Strong, kind);
    let mut lines = vec![format!("{kind}  {} bytes", text::count(found.bytes))];
    lines.push(match refused {
        None => format!("  this host {} it", paint.with(Look::Good, "admits")),
        Some(why) => format!("  this host {} it: {}", paint.with(Look::Bad, "refuses"), clean(why)),
    });
    lines.push(format!("  sha256 {}", found.sha256));
    if let Some(world) = &found.world {
        lines.push(format!("  world {}", clean(world)));
    }
    list(&mut lines, paint, "imports", found.imports.iter().map(|import| clean(import)));
    list(&mut lines, paint, "exports", found.exports.iter().map(|export| clean(export)));
    list(&mut lines, paint, "needs", needs(found.needs));
    list(&mut lines, paint, "bytes", bytes(found, output.is_verbose));
    list(
        &mut lines,
        paint,
        "made by",
        found.producers.iter().map(|producer| {
            format!(
                "{}  {} {}",
                clean(&producer.field),
                clean(&producer.name),
                clean(&producer.version)
            )
        }),
    );
    text::lines(lines.iter().map(|line| line.trim_end()))
}

fn clean(text: &str) -> String {
    bugle::plain(text).into_owned()
}

fn list(
    lines: &mut Vec<String>,
    paint: Paint,
    title: &str,
    items: impl IntoIterator<Item = String>,
) {
    let mut items = items.into_iter().peekable();
    if items.peek().is_some() {
        lines.push(paint.with(Look::Faint, title));
        lines.extend(items.map(|item| format!("  {item}")));
    }
}

fn needs(needs: Needs) -> Vec<String> {
    let max = match needs.memory_bytes_max {
        Some(bytes) => format!(", {} at most", text::bytes(bytes)),
        None => String::new(),
    };
    vec![
        format!("memory          {}{max}, in {}", text::bytes(needs.memory_bytes), needs.memories),
        format!("table elements  {}, in {}", text::count(needs.table_elements), needs.tables),
        format!("core instances  {}", needs.core_instances),
        format!("functions       {}", text::count(needs.functions.into())),
    ]
}

/// Where the bytes are; with more words, also by module.
fn bytes(found: &Inspection, is_verbose: bool) -> Vec<String> {
    let row = |bytes: u64, what: &str| format!("{:>12}  {what}", text::count(bytes));
    let mut rows = vec![row(found.parts.code, "code"), row(found.parts.data, "data")];
    rows.extend(found.parts.custom.iter().map(|(name, bytes)| row(*bytes, &clean(name))));
    rows.push(row(found.parts.rest, "types, imports, exports and framing"));
    if found.modules.len() < 2 && !is_verbose {
        return rows;
    }
    for (at, module) in (0..).zip(&found.modules) {
        let name = module.name.as_deref().map_or_else(|| format!("{at}"), clean);
        let functions = text::count(module.functions.into());
        rows.push(row(module.bytes, &format!("module {name}, {functions} functions")));
    }
    rows
}
