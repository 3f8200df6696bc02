use toml_edit::{DocumentMut, Item, Table, TableLike, Value as Toml};

use crate::datum::Datum;
use crate::expected::{Difference, Place};
use crate::export::{item, of_run, work};
use crate::plain;
use crate::run::{CaseReport, StepReport};
use crate::seen::{absent, sparse};
use crate::{Case, Error};

/// A case file with what was seen in it.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The file's new text; comments and order are as they were.
    pub text: String,
    /// What changed, a line each.
    pub changes: Vec<String>,
}

/// Writes what was seen into the text of a case: where something differs, and whole where a case
/// expects nothing yet. Real time is not accepted: what was seen of it says nothing.
///
/// # Errors
///
/// The text cannot be changed where something differs.
pub fn accept(case: &Case, report: &CaseReport) -> Result<Accepted, Error> {
    let whole = |error: toml_edit::TomlError| Error::Case {
        file: case.file.clone(),
        line: 1,
        what: error.message().to_owned(),
    };
    let mut document: DocumentMut = case.text.parse().map_err(whole)?;
    let mut changes = Vec::new();
    for (at, step) in report.steps.iter().enumerate() {
        let unfit = || Error::Case {
            file: case.file.clone(),
            line: step.line,
            what: "what was seen cannot be written here by itself; write it by hand".to_owned(),
        };
        let table = step_table(&mut document, at).ok_or_else(unfit)?;
        if case.expects_something() {
            for difference in distinct(step) {
                accept_one(table, step, &difference).ok_or_else(unfit)?;
                let Difference { expected, .. } = &difference;
                let (place, seen) = (difference.at(), shown(difference.seen.as_ref()));
                changes.push(format!("step {}: {place}: {expected} -> {seen}", at + 1));
            }
        } else {
            table.insert("expect", Item::Table(of_run(&step.report)));
            changes.push(format!("step {}: all that it did", at + 1));
        }
    }
    Ok(Accepted { text: document.to_string(), changes })
}

fn shown(seen: Option<&Datum>) -> String {
    seen.map_or_else(|| "nothing".to_owned(), Datum::to_string)
}

fn step_table(document: &mut DocumentMut, at: usize) -> Option<&mut dyn TableLike> {
    match document.get_mut("step")? {
        Item::ArrayOfTables(tables) => tables.get_mut(at).map(|table| table as &mut dyn TableLike),
        Item::Value(Toml::Array(steps)) => {
            let table = steps.get_mut(at)?.as_inline_table_mut()?;
            Some(table as &mut dyn TableLike)
        }
        _ => None,
    }
}

/// The differences as they are written. A list that has other entries than it should is one.
fn distinct(step: &StepReport) -> Vec<Difference> {
    let mut distinct: Vec<Difference> = Vec::new();
    for difference in &step.differences {
        if difference.path.first() == Some(&Place::Name("wall-ms-max".to_owned())) {
            continue;
        }
        let mut difference = difference.clone();
        let is_of_list = matches!(difference.path.get(1), Some(Place::At(_)));
        let is_entry = difference.seen.is_none() || difference.expected == "nothing";
        // A list with other entries is written whole, and so is a field of an entry.
        let (depth, what) = match difference.path.len() {
            2 if is_of_list && is_entry => (1, "other entries"),
            4.. if is_of_list => (3, "other parts"),
            depth => (depth, ""),
        };
        if depth < difference.path.len() {
            difference.path.truncate(depth);
            difference.expected = what.to_owned();
            difference.seen = value_at(&step.seen, &difference.path);
        }
        let is_in = |outer: &Difference| difference.path.starts_with(&outer.path);
        if distinct.iter().any(is_in) {
            continue;
        }
        distinct.retain(|inner| !inner.path.starts_with(&difference.path));
        distinct.push(difference);
    }
    distinct
}

fn value_at(seen: &Datum, path: &[Place]) -> Option<Datum> {
    let mut at = seen;
    for place in path {
        at = match (place, at) {
            (Place::Name(name), table) => table.get(name)?,
            (Place::At(place), Datum::List(list)) => list.get(*place)?,
            _ => return None,
        };
    }
    Some(at.clone())
}

fn accept_one(step: &mut dyn TableLike, step_report: &StepReport, what: &Difference) -> Option<()> {
    let (last, way) = what.path.split_last()?;
    if step.get("expect").is_none() {
        step.insert("expect", Item::Table(Table::new()));
    }
    let mut item_at = step.get_mut("expect")?;
    for place in way {
        item_at = match place {
            Place::Name(name) => {
                let table = item_at.as_table_like_mut()?;
                if table.get(name).is_none() {
                    table.entry_format(&plain::key(name)).or_insert(Item::Table(Table::new()));
                }
                table.get_mut(name)?
            }
            Place::At(at) => return accept_in_list(item_at, *at, last, what.seen.as_ref()),
        };
    }
    match last {
        Place::Name(name) => {
            accept_field(item_at.as_table_like_mut()?, name, way, step_report, what);
        }
        Place::At(at) => {
            item_at.as_array_mut()?.replace(*at, what.seen.as_ref()?.to_toml());
        }
    }
    Some(())
}

/// One field of an expectation, or of a table in it.
fn accept_field(
    table: &mut dyn TableLike,
    name: &str,
    way: &[Place],
    step: &StepReport,
    what: &Difference,
) {
    let is_in = |outer: &str| way.first() == Some(&Place::Name(outer.to_owned()));
    match &what.seen {
        // Settings are compared where they are named; the rest is there, or not.
        None if is_in("settings") => set(table, name, Item::Value(absent().to_toml())),
        None => drop(table.remove(name)),
        Some(datum) if is_in("resume-work") => set(table, name, Item::Value(work(datum))),
        Some(datum) if way.is_empty() => {
            set(table, name, item(name, &as_written(name, datum)));
            follow_outcome(table, name, step);
        }
        Some(datum) => set(table, name, Item::Value(datum.to_toml())),
    }
}

/// Lists as an author would have written them.
fn as_written(name: &str, datum: &Datum) -> Datum {
    let Datum::List(entries) = datum else { return datum.clone() };
    let entry = |entry: &Datum| match name {
        "log" => entry.get("message").unwrap_or(entry).clone(),
        _ => sparse(entry.clone()),
    };
    Datum::List(entries.iter().map(entry).collect())
}

/// With another outcome, what only the old one had goes.
fn follow_outcome(table: &mut dyn TableLike, name: &str, step: &StepReport) {
    if name == "outcome" {
        for part in ["message", "limit", "retry-after"] {
            match step.seen.get(part) {
                None => drop(table.remove(part)),
                Some(datum) => set(table, part, Item::Value(datum.to_toml())),
            }
        }
    }
}

/// One field of one entry of a list.
fn accept_in_list(list: &mut Item, at: usize, last: &Place, seen: Option<&Datum>) -> Option<()> {
    let Place::Name(name) = last else { return None };
    let value = seen.cloned().unwrap_or_else(absent);
    let entry: &mut dyn TableLike = match list {
        Item::ArrayOfTables(tables) => tables.get_mut(at)?,
        Item::Value(Toml::Array(entries)) => {
            let entry = entries.get_mut(at)?;
            // A line of the log that was its message alone, as text or as a pattern.
            let has =
                |field| entry.as_inline_table().is_some_and(|table| table.contains_key(field));
            if !has("message") && (!entry.is_inline_table() || name == "message" && !has("level")) {
                *entry = value.to_toml();
                return Some(());
            }
            entry.as_inline_table_mut()?
        }
        _ => return None,
    };
    set(entry, name, Item::Value(value.to_toml()));
    Some(())
}

/// Puts a value in place of another, with the comments that stand around that.
fn set(table: &mut dyn TableLike, name: &str, mut item: Item) {
    match table.get_mut(name) {
        Some(Item::Value(old)) => {
            // What is written on its line stays there.
            item.make_value();
            if let Some(value) = item.as_value_mut() {
                *value.decor_mut() = old.decor().clone();
                *old = value.clone();
            }
        }
        Some(old) if old.is_table() == item.is_table() && !item.is_value() => *old = item,
        // A value cannot stand where a table had its heading.
        Some(_) => {
            table.remove(name);
            table.entry_format(&plain::key(name)).or_insert(item);
        }
        None => {
            table.entry_format(&plain::key(name)).or_insert(item);
        }
    }
}
