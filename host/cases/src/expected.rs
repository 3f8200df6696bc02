use std::cmp::Ordering;
use std::fmt;

use regex::Regex;
use serde_json::Value as Json;

use crate::datum::Datum;

/// What one part of a report must be, and the line that says so.
#[derive(Debug, Clone)]
pub(crate) struct Expected {
    pub(crate) line: usize,
    pub(crate) rule: Rule,
}

/// How a part of a report is compared.
#[derive(Debug, Clone)]
pub(crate) enum Rule {
    Is(Datum),
    OneOf(Vec<String>),
    Matches(Regex),
    /// From the one to the other, each inclusive.
    Between(Option<Datum>, Option<Datum>),
    /// Bytes that are this JSON.
    Json(Json),
    /// A setting of this type.
    Type(&'static str),
    Absent,
    /// A table: those that are named, and nothing else if so said.
    Fields {
        fields: Vec<(String, Expected)>,
        is_all: bool,
    },
    /// A list, whole.
    List(Vec<Expected>),
    /// Entries in this order, others between them.
    Includes(Vec<Expected>),
    /// So many entries.
    Count(usize),
}

/// One thing that is not as it was expected.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The line of the case file that expects it.
    pub line: usize,
    /// Where in the report: names, and places in lists.
    pub(crate) path: Vec<Place>,
    /// What was expected.
    pub expected: String,
    /// What is there; none if nothing is.
    pub seen: Option<Datum>,
}

/// One part of the way to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Name(String),
    At(usize),
}

impl Difference {
    /// Where in the report, like `toasts.0.title`.
    #[must_use]
    pub fn at(&self) -> String {
        let part = |place: &Place| match place {
            Place::Name(name) if name.contains(['.', '/', ' ']) => format!("\"{name}\""),
            Place::Name(name) => name.clone(),
            Place::At(at) => at.to_string(),
        };
        self.path.iter().map(part).collect::<Vec<_>>().join(".")
    }
}

/// Walks an expectation and what was seen side by side.
pub(crate) struct Comparison<'a> {
    path: Vec<Place>,
    differences: &'a mut Vec<Difference>,
}

impl<'a> Comparison<'a> {
    pub(crate) fn new(differences: &'a mut Vec<Difference>) -> Self {
        Self { path: Vec::new(), differences }
    }

    pub(crate) fn at(&mut self, place: Place, expected: &Expected, seen: Option<&Datum>) {
        self.path.push(place);
        self.compare(expected, seen);
        self.path.pop();
    }

    fn compare(&mut self, expected: &Expected, seen: Option<&Datum>) {
        match (&expected.rule, seen) {
            (Rule::Fields { fields, is_all }, Some(Datum::Table(there))) => {
                for (name, field) in fields {
                    let seen = there.iter().find(|(n, _)| n == name).map(|(_, datum)| datum);
                    self.at(Place::Name(name.clone()), field, seen);
                }
                let is_named = |name: &str| fields.iter().any(|(n, _)| n == name);
                let more = there.iter().filter(|(name, _)| *is_all && !is_named(name));
                for (name, datum) in more {
                    self.extra(Place::Name(name.clone()), expected.line, datum);
                }
            }
            (Rule::List(entries), Some(Datum::List(there))) => {
                for (at, entry) in entries.iter().enumerate() {
                    self.at(Place::At(at), entry, there.get(at));
                }
                for (at, datum) in there.iter().enumerate().skip(entries.len()) {
                    self.extra(Place::At(at), expected.line, datum);
                }
            }
            (Rule::Includes(entries), Some(Datum::List(there))) => {
                self.includes(entries, there);
            }
            (rule, seen) if rule.holds(seen) => {}
            (rule, seen) => self.differ(expected.line, rule.to_string(), seen),
        }
    }

    fn includes(&mut self, entries: &[Expected], there: &[Datum]) {
        let mut rest = there.iter();
        for entry in entries {
            if !rest.any(|datum| entry.rule.holds(Some(datum))) {
                let seen = Datum::List(there.to_vec());
                self.differ(entry.line, format!("includes {}", entry.rule), Some(&seen));
                return;
            }
        }
    }

    pub(crate) fn extra(&mut self, place: Place, line: usize, seen: &Datum) {
        self.path.push(place);
        self.differ(line, "nothing".to_owned(), Some(seen));
        self.path.pop();
    }

    fn differ(&mut self, line: usize, expected: String, seen: Option<&Datum>) {
        let (path, seen) = (self.path.clone(), seen.cloned());
        self.differences.push(Difference { line, path, expected, seen });
    }
}

impl Rule {
    /// Whether this is what was seen.
    fn holds(&self, seen: Option<&Datum>) -> bool {
        let Some(seen) = seen else { return matches!(self, Self::Absent) };
        match (self, seen) {
            (Self::Is(datum), seen) => datum == seen,
            (Self::OneOf(names), Datum::Text(text)) => names.contains(text),
            (Self::Matches(regex), Datum::Text(text)) => regex.is_match(text),
            (Self::Matches(regex), Datum::Bytes(bytes)) => {
                std::str::from_utf8(bytes).is_ok_and(|text| regex.is_match(text))
            }
            (Self::Between(least, most), seen) => {
                let is = |bound: &Option<Datum>, side: Ordering| {
                    bound.as_ref().is_none_or(|bound| order(seen, bound).is_some_and(|o| o != side))
                };
                is(least, Ordering::Less) && is(most, Ordering::Greater)
            }
            (Self::Json(json), Datum::Bytes(bytes)) => {
                serde_json::from_slice::<Json>(bytes).is_ok_and(|seen| seen == *json)
            }
            (Self::Type(name), seen) => {
                seen.to_setting().is_some_and(|value| value.kind() == *name)
            }
            (Self::Count(count), Datum::List(list)) => list.len() == *count,
            (Self::Fields { .. } | Self::List(_) | Self::Includes(_), seen) => {
                let mut differences = Vec::new();
                let expected = Expected { line: 0, rule: self.clone() };
                let is_of_kind = matches!(
                    (self, seen),
                    (Self::Fields { .. }, Datum::Table(_)) | (_, Datum::List(_))
                );
                if is_of_kind {
                    Comparison::new(&mut differences).compare(&expected, Some(seen));
                }
                is_of_kind && differences.is_empty()
            }
            _ => false,
        }
    }
}

/// Numbers among themselves, and moments among themselves.
fn order(a: &Datum, b: &Datum) -> Option<Ordering> {
    match (a, b) {
        (Datum::Integer(a), Datum::Integer(b)) => Some(a.cmp(b)),
        (Datum::Timestamp(a), Datum::Timestamp(b)) | (Datum::Duration(a), Datum::Duration(b)) => {
            Some(a.cmp(b))
        }
        _ => number(a)?.partial_cmp(&number(b)?),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a whole number beside a float is one")]
fn number(datum: &Datum) -> Option<f64> {
    match datum {
        Datum::Integer(integer) => Some(*integer as f64),
        Datum::Float(float) => Some(*float),
        _ => None,
    }
}

/// On one line, as the case file could have it.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, entries: &[Expected]| {
            for (at, entry) in entries.iter().enumerate() {
                write!(f, "{}{}", if at == 0 { "" } else { ", " }, entry.rule)?;
            }
            Ok(())
        };
        match self {
            Self::Is(datum) => datum.fmt(f),
            Self::OneOf(names) => write!(f, "one of {}", names.join(", ")),
            Self::Matches(regex) => write!(f, "matches {}", Datum::text(regex.as_str())),
            Self::Between(Some(least), Some(most)) => write!(f, "{least} to {most}"),
            Self::Between(Some(least), None) => write!(f, "at least {least}"),
            Self::Between(None, most) => match most {
                Some(most) => write!(f, "at most {most}"),
                None => f.write_str("a number"),
            },
            Self::Json(json) => write!(f, "{{ json = {json} }}"),
            Self::Type(name) => write!(f, "of the type {name}"),
            Self::Absent => f.write_str("nothing"),
            Self::Fields { fields, .. } => {
                f.write_str("{")?;
                for (at, (name, field)) in fields.iter().enumerate() {
                    let comma = if at == 0 { "" } else { "," };
                    write!(f, "{comma} {name} = {}", field.rule)?;
                }
                f.write_str(" }")
            }
            Self::List(entries) => {
                f.write_str("[")?;
                list(f, entries)?;
                f.write_str("]")
            }
            Self::Includes(entries) => {
                f.write_str("includes ")?;
                list(f, entries)
            }
            Self::Count(count) => write!(f, "{count} entries"),
        }
    }
}
