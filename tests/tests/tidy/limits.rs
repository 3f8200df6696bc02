//! `LIMITS.md`, of which every number is the code's. With `UPDATE_DOCS=1` the page is rewritten.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use bugle_sandbox::CompileLimits;
use bugle_store::Retention;
use bugle_task::{LimitName, Limits, QuotaName, Quotas};

use crate::assert_none;
use crate::source::without_tests;
use crate::tree;

const PAGE: &str = "host/docs/LIMITS.md";

/// Constants that are numbers, but no limits.
const NO_LIMITS: [&str; 7] = [
    "APPLICATION_ID",
    "EXIT_REFUSED",
    "EXIT_USAGE",
    "PAGE_BYTES",
    "RESOLUTION_NS",
    "SEAL_BYTES",
    "SQLITE_VERSION_MIN",
];

/// A constant of the code that is a limit, or sets a pace.
struct Constant {
    name: String,
    value: String,
    reason: String,
}

#[test]
fn the_page_has_the_codes_numbers() {
    let page = tree::text(PAGE);
    let mut parts = vec![("run", of_a_run()), ("quotas", quotas()), ("defaults", defaults())];
    let crates = ["task", "sandbox", "store", "engine", "gateway"];
    parts.extend(crates.map(|name| (name, constants_of(name))));
    let mut wanted = page.clone();
    for (name, table) in parts {
        wanted = replaced(&wanted, name, &table);
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(tree::root().join(PAGE), &wanted).expect("the page can be written");
        return;
    }
    let differ = page.lines().zip(wanted.lines()).find(|(is, wanted)| is != wanted);
    let hint = "UPDATE_DOCS=1 cargo test -p bugle-tests --test tidy";
    assert!(page == wanted, "{PAGE} is behind the code; run `{hint}`\n{differ:#?}");
}

#[test]
fn the_page_names_every_interface_of_wasi() {
    let (page, source) = (tree::text(PAGE), tree::text("host/sandbox/src/wasi.rs"));
    let names = source.split("(\"").skip(1).filter_map(|rest| rest.split('"').next());
    let broken: Vec<String> = names
        .filter(|name| name.starts_with("wasi:") && !page.contains(&format!("`{name}`")))
        .map(str::to_owned)
        .collect();
    assert_none("an interface that tasks may import is not described", &broken);
}

#[test]
fn every_limit_has_a_reason() {
    let mut broken = Vec::new();
    for name in ["task", "sandbox", "store", "engine", "gateway"] {
        for (path, text) in sources_of(name) {
            for (number, line) in (1..).zip(text.lines()) {
                let is_limit = line.contains("const ") && line.contains("_MAX: ");
                let has_reason = reason_before(&text, number).is_some();
                if is_limit && !line.starts_with(' ') && !has_reason {
                    broken.push(format!("{path}:{number}"));
                }
            }
        }
    }
    assert_none("a number stands without its reason", &broken);
}

/// The page with a part between its two marks put in place of what is there.
fn replaced(page: &str, name: &str, table: &str) -> String {
    let begin = format!("<!-- {name}: generated -->\n");
    let (before, rest) = page.split_once(&begin).expect("the page has a mark for each part");
    let (_, after) = rest.split_once("<!-- end -->").expect("a part that begins ends");
    format!("{before}{begin}{table}<!-- end -->{after}")
}

fn of_a_run() -> String {
    let defaults = Limits::default();
    let mut table =
        "| limit | default | ceiling | unit | why | beside it in a report |\n|---|--:|--:|---|---|---|\n"
            .to_owned();
    for &limit in LimitName::ALL {
        let (default, ceiling) = (defaults.get(limit), limit.ceiling());
        let (default, ceiling) = (amount(default, limit.unit()), amount(ceiling, limit.unit()));
        let (unit, reason, figure) = (limit.unit(), limit.reason(), limit.figure().what());
        let _ =
            writeln!(table, "| `{limit}` | {default} | {ceiling} | {unit} | {reason} | {figure} |");
    }
    table
}

fn quotas() -> String {
    let defaults = Quotas::default();
    let head = "| quota | default | ceiling | unit | why | when it is reached |";
    let mut table = format!("{head}\n|---|--:|--:|---|---|---|\n");
    for &quota in QuotaName::ALL {
        let amount = |value| amount(value, quota.unit());
        let (default, ceiling) = (amount(defaults.get(quota)), amount(quota.ceiling()));
        let (unit, reason, then) = (quota.unit(), quota.reason(), quota.then());
        let _ =
            writeln!(table, "| `{quota}` | {default} | {ceiling} | {unit} | {reason} | {then} |");
    }
    table
}

fn defaults() -> String {
    let compile = CompileLimits::default();
    let retention = Retention::default();
    let rows = [
        ("processor time of a compilation", format!("{} s", compile.cpu_seconds)),
        ("address space of a compilation", amount(compile.memory_bytes, "bytes")),
        ("real time of a compilation", format!("{} s", compile.wall.as_secs())),
        ("native code of one component", amount(compile.artifact_bytes as u64, "bytes")),
        ("age of a kept run", duration(u128::from(retention.age_ms))),
        ("age of a dead letter", duration(u128::from(retention.dead_age_ms))),
    ];
    let mut table = "| what | default |\n|---|--:|\n".to_owned();
    for (what, default) in rows {
        let _ = writeln!(table, "| {what} | {default} |");
    }
    table
}

fn constants_of(name: &str) -> String {
    let mut table = "| constant | value | why | in |\n|---|--:|---|---|\n".to_owned();
    for (path, text) in sources_of(name) {
        let file = path.split_once("/src/").map_or(path.as_str(), |(_, file)| file);
        for Constant { name, value, reason } in constants(&text) {
            let _ = writeln!(table, "| `{name}` | {value} | {reason} | `{file}` |");
        }
    }
    table
}

/// The sources of a crate under `host/`, without their tests.
fn sources_of(name: &str) -> impl Iterator<Item = (String, String)> + use<> {
    let folder = format!("host/{name}/src/");
    tree::with_ending(".rs")
        .filter(move |(path, _)| path.starts_with(&folder) && !path.ends_with("tests.rs"))
        .map(|(path, text)| (path, without_tests(&text).to_owned()))
}

/// The constants of a file that are numbers or times and have a reason.
fn constants(text: &str) -> Vec<Constant> {
    let mut constants = Vec::new();
    let mut known: BTreeMap<&str, u128> = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.strip_prefix("pub(crate) ").or(line.strip_prefix("pub ")).unwrap_or(line);
        let Some((name, rest)) = line.strip_prefix("const ").and_then(|rest| rest.split_once(": "))
        else {
            continue;
        };
        let Some((kind, value)) = rest.trim_end_matches(';').split_once(" = ") else { continue };
        let Some(value) = evaluated(value, &known) else { continue };
        known.insert(name, value);
        let reason = reason_before(text, number).filter(|_| !NO_LIMITS.contains(&name));
        if let Some(reason) = reason {
            let value = if kind == "Duration" || name.contains("_MS_") || name.ends_with("_MS") {
                duration(value)
            } else {
                let unit = if name.contains("BYTES") { "bytes" } else { "" };
                amount(u64::try_from(value).unwrap_or(u64::MAX), unit)
            };
            constants.push(Constant { name: name.to_owned(), value, reason });
        }
    }
    constants
}

/// A product of whole numbers, or a time in milliseconds.
fn evaluated(value: &str, known: &BTreeMap<&str, u128>) -> Option<u128> {
    let inner = |start: &str| value.strip_prefix(start)?.strip_suffix(')');
    if let Some(seconds) = inner("Duration::from_secs(") {
        return Some(evaluated(seconds, known)? * 1_000);
    }
    if let Some(milliseconds) = inner("Duration::from_millis(") {
        return evaluated(milliseconds, known);
    }
    value.split('*').map(str::trim).try_fold(1, |product: u128, factor| {
        let factor = known.get(factor).copied().or_else(|| factor.replace('_', "").parse().ok())?;
        product.checked_mul(factor)
    })
}

/// The doc comment before a line, on one line. One comment can stand for a few constants.
fn reason_before(text: &str, number: usize) -> Option<String> {
    let before: Vec<&str> = text.lines().take(number - 1).collect();
    let mut lines: Vec<&str> = before
        .into_iter()
        .rev()
        .skip_while(|line| line.starts_with("#[") || line.contains("const ") && line.ends_with(';'))
        .map_while(|line| line.strip_prefix("///"))
        .collect();
    lines.reverse();
    let text = lines.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
    // A link of rustdoc leads nowhere on the page.
    let text = text.replace("[`", "`").replace("`]", "`").replace('|', "\\|");
    (!text.is_empty()).then_some(text)
}

fn amount(value: u64, unit: &str) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let whole = units.into_iter().find(|(size, _)| value >= *size && value.is_multiple_of(*size));
    match whole {
        Some((size, name)) if unit == "bytes" => format!("{} {name}", count(value / size)),
        _ => count(value),
    }
}

fn duration(milliseconds: u128) -> String {
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")];
    let whole = units.into_iter().find(|(ms, _)| milliseconds.is_multiple_of(*ms));
    match whole {
        Some((ms, name)) if milliseconds > 0 => format!("{} {name}", milliseconds / ms),
        _ => format!("{milliseconds} ms"),
    }
}

/// A number with its thousands apart.
fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut apart = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart
}

#[test]
fn constants_are_read() {
    let text = "/// Why.\n/// More.\npub const A_BYTES_MAX: usize = 4 * 1024;\n\
                const B: Duration = Duration::from_secs(90);\nconst C: u64 = 5;\n\
                /// Hours.\nconst D_MS: u64 = C * 1_000;\n";
    let read: Vec<String> =
        constants(text).iter().map(|c| format!("{} {} {}", c.name, c.value, c.reason)).collect();
    assert_eq!(
        read,
        ["A_BYTES_MAX 4 KiB Why. More.", "B 90 s Why. More.", "C 5 Why. More.", "D_MS 5 s Hours."]
    );
}
