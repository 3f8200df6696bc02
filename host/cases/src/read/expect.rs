//! From a step's `[step.expect]` to what is compared.

use std::str::FromStr as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bugle::task::LimitName;
use regex::Regex;

use super::json;
use crate::case::Expect;
use crate::datum::Datum;
use crate::expected::{Expected, Rule};
use crate::node::{Kind, Node, Read};
use crate::shape::{EXPECT, GLYPHS, HIDE, LOG_LINE, OUTCOMES, Shape, TOAST, TYPES, UPDATE};

/// What a step without expectation must do: complete.
pub(crate) fn unsaid(line: usize) -> Expect {
    let fields = vec![("outcome".to_owned(), completed(line))];
    Expect { line, fields, is_settings_only: false, is_said: false }
}

pub(crate) fn expect(node: &Node) -> Read<Expect> {
    let mut table = node.fields()?;
    let is_settings_only = table.read("settings-only", Node::boolean)?.unwrap_or(false);
    let mut fields = Vec::new();
    for (name, shape) in EXPECT {
        let read = table.read(name, |node| expected(node, shape))?;
        fields.extend(read.map(|expected| (name.to_owned(), expected)));
    }
    table.finish()?;
    let is_said = is_settings_only || !fields.is_empty();
    let has = |name: &str| fields.iter().any(|(field, _)| field == name);
    if !has("outcome") {
        if let Some(name) = ["message", "limit", "retry-after"].into_iter().find(|name| has(name)) {
            return Err(node.wrong(format!("`{name}` needs an `outcome` that has one")));
        }
        fields.insert(0, ("outcome".to_owned(), completed(node.line)));
    }
    Ok(Expect { line: node.line, fields, is_settings_only, is_said })
}

fn completed(line: usize) -> Expected {
    Expected { line, rule: Rule::Is(Datum::text("completed")) }
}

/// Reads a value, or a pattern in its place.
fn expected(node: &Node, shape: Shape) -> Read<Expected> {
    let rule = match pattern(node, shape)? {
        Some(rule) => rule,
        None => rule(node, shape)?,
    };
    Ok(Expected { line: node.line, rule })
}

fn rule(node: &Node, shape: Shape) -> Read<Rule> {
    Ok(match shape {
        Shape::Budget => Rule::Between(None, Some(Datum::Integer(node.count()?))),
        Shape::Outcome => outcome(node)?,
        Shape::Content => match node.only("json") {
            Some(node) => Rule::Json(json::value(node)?),
            None => Rule::Is(datum(node, shape)?),
        },
        Shape::Fields(known) => {
            let mut table = node.fields()?;
            let mut fields = Vec::new();
            for (name, shape) in known {
                let read = table.read(name, |node| expected(node, *shape))?;
                fields.extend(read.map(|expected| ((*name).to_owned(), expected)));
            }
            table.finish()?;
            Rule::Fields { fields, is_all: false }
        }
        Shape::Some(inner) | Shape::All(inner) => {
            let Kind::Table(nodes) = &node.kind else { return Err(node.not("a table")) };
            let field = |(name, node): &(String, Node)| Ok((name.clone(), expected(node, *inner)?));
            let fields = nodes.iter().map(field).collect::<Read<_>>()?;
            Rule::Fields { fields, is_all: matches!(shape, Shape::All(_)) }
        }
        Shape::List(inner) => Rule::List(entries(node, *inner)?),
        Shape::LogLine => match &node.kind {
            Kind::Table(_) => rule(node, LOG_LINE)?,
            _ => message(Rule::Is(datum(node, Shape::Text)?), node.line),
        },
        Shape::ToastEffect => {
            for (name, shape) in [("update", UPDATE), ("hide", HIDE)] {
                if let Some(node) = node.only(name) {
                    let fields = vec![(name.to_owned(), expected(node, shape)?)];
                    return Ok(Rule::Fields { fields, is_all: false });
                }
            }
            rule(node, TOAST)?
        }
        scalar => Rule::Is(datum(node, scalar)?),
    })
}

/// A line of the log of which only the message is said.
fn message(rule: Rule, line: usize) -> Rule {
    let fields = vec![("message".to_owned(), Expected { line, rule })];
    Rule::Fields { fields, is_all: false }
}

fn entries(node: &Node, shape: Shape) -> Read<Vec<Expected>> {
    node.list()?.iter().map(|entry| expected(entry, shape)).collect()
}

fn outcome(node: &Node) -> Read<Rule> {
    let name = |node: &Node| word(node, &OUTCOMES);
    match &node.kind {
        Kind::List(nodes) if nodes.is_empty() => Err(node.wrong("no outcome would be right")),
        Kind::List(nodes) => Ok(Rule::OneOf(nodes.iter().map(name).collect::<Read<_>>()?)),
        _ => Ok(Rule::Is(Datum::text(name(node)?))),
    }
}

/// A pattern: a table with one of the names that patterns have, where no such field can be meant.
fn pattern(node: &Node, shape: Shape) -> Read<Option<Rule>> {
    let Kind::Table(fields) = &node.kind else { return Ok(None) };
    let has = |name: &str| fields.iter().any(|(field, _)| field == name);
    if matches!(shape, Shape::Some(_) | Shape::All(_)) {
        return Ok(None);
    }
    if let Shape::List(inner) = shape {
        let mut table = node.fields()?;
        let rule = match (table.take("includes"), table.take("count")) {
            (Some(node), None) => Rule::Includes(entries(node, *inner)?),
            (None, Some(node)) => Rule::Count(node.count()?),
            _ => {
                table.finish()?;
                return Err(node.wrong("this is a list, or either `includes` or `count`"));
            }
        };
        return table.finish().map(|()| Some(rule));
    }
    let mut table = node.fields()?;
    let rule = if has("matches") {
        let rule = Rule::Matches(regex(table.need("matches")?)?);
        match shape {
            Shape::LogLine => message(rule, node.line),
            _ if takes_text(shape) => rule,
            _ => return Err(node.wrong("`matches` is for text")),
        }
    } else if has("at-least") || has("at-most") {
        let bound = |node: &Node| match shape {
            Shape::Setting | Shape::Integer | Shape::Duration | Shape::Number => datum(node, shape),
            Shape::Badge | Shape::Budget => datum(node, Shape::Integer),
            _ => Err(node.wrong("`at-least` and `at-most` are for numbers, moments and times")),
        };
        Rule::Between(table.read("at-least", bound)?, table.read("at-most", bound)?)
    } else if has("absent") {
        let node = table.need("absent")?;
        if !node.boolean()? {
            return Err(node.wrong("`absent` is `true`, or is not said"));
        }
        Rule::Absent
    } else if matches!(shape, Shape::Setting) && has("type") {
        let node = table.need("type")?;
        let name = word(node, &TYPES)?;
        Rule::Type(TYPES.into_iter().find(|known| *known == name).unwrap_or_default())
    } else {
        return Ok(None);
    };
    table.finish()?;
    Ok(Some(rule))
}

fn takes_text(shape: Shape) -> bool {
    matches!(shape, Shape::Text | Shape::Setting | Shape::Content | Shape::Word(_))
}

fn regex(node: &Node) -> Read<Regex> {
    Regex::new(node.text()?).map_err(|error| {
        let why = error.to_string();
        let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
        node.wrong(format!("this is no regular expression: {why}"))
    })
}

fn word(node: &Node, words: &[&str]) -> Read<String> {
    let text = node.text()?;
    if words.contains(&text) {
        return Ok(text.to_owned());
    }
    let words = words.join("`, `");
    Err(node.wrong(format!("`{text}` is not known here; what is known is `{words}`")))
}

/// Reads a value that is exact.
pub(crate) fn datum(node: &Node, shape: Shape) -> Read<Datum> {
    Ok(match shape {
        Shape::Text => Datum::text(node.text()?),
        Shape::Word(words) => Datum::Text(word(node, words)?),
        Shape::Boolean => Datum::Boolean(node.boolean()?),
        Shape::Integer | Shape::Budget => Datum::Integer(node.count()?),
        Shape::Number => match node.kind {
            Kind::Float(float) => Datum::Float(float),
            #[expect(clippy::cast_precision_loss, reason = "what a float is close to is meant")]
            Kind::Integer(integer) => Datum::Float(integer as f64),
            _ => return Err(node.not("a number")),
        },
        Shape::Duration => Datum::Duration(node.duration()?),
        Shape::Badge => badge(node)?,
        Shape::Limit => {
            let limit = LimitName::from_str(node.text()?);
            Datum::text(limit.map_err(|error| node.wrong(error.to_string()))?.code())
        }
        Shape::RetryAfter if matches!(&node.kind, Kind::Text(text) if text == "unsaid") => {
            Datum::text("unsaid")
        }
        Shape::RetryAfter => Datum::Duration(node.duration()?),
        Shape::Setting => setting(node)?,
        Shape::Content => match (&node.kind, node.only("base64")) {
            (Kind::Text(text), _) => Datum::Bytes(text.clone().into_bytes()),
            (_, Some(node)) => Datum::Bytes(base64(node)?),
            _ => return Err(node.not("text, { json = … }, { base64 = … } or a pattern")),
        },
        Shape::Fields(known) => {
            let mut table = node.fields()?;
            let mut fields = Vec::new();
            for (name, shape) in known {
                let read = table.read(name, |node| datum(node, *shape))?;
                fields.extend(read.map(|datum| ((*name).to_owned(), datum)));
            }
            table.finish()?;
            Datum::Table(fields)
        }
        Shape::List(inner) => {
            let entry = |node: &Node| datum(node, *inner);
            Datum::List(node.list()?.iter().map(entry).collect::<Read<_>>()?)
        }
        Shape::Outcome | Shape::Some(_) | Shape::All(_) | Shape::LogLine | Shape::ToastEffect => {
            return Err(node.wrong("this is compared, and never given"));
        }
    })
}

pub(crate) fn base64(node: &Node) -> Read<Vec<u8>> {
    STANDARD.decode(node.text()?).map_err(|error| node.wrong(format!("this is no base64: {error}")))
}

/// A setting's value: the type is that of TOML.
pub(crate) fn setting(node: &Node) -> Read<Datum> {
    Ok(match &node.kind {
        Kind::Boolean(is) => Datum::Boolean(*is),
        Kind::Integer(integer) => Datum::Integer(*integer),
        Kind::Float(float) => Datum::Float(*float),
        Kind::Text(text) => Datum::text(text),
        Kind::Moment(moment) => Datum::Timestamp(*moment),
        Kind::Table(_) if node.only("base64").is_some() => {
            Datum::Bytes(node.only("base64").map(base64).transpose()?.unwrap_or_default())
        }
        Kind::Table(_) | Kind::List(_) => match node.only("timestamp") {
            // One that is larger than any number of TOML is written as text.
            Some(node) if matches!(node.kind, Kind::Text(_)) => Datum::Timestamp(node.parsed()?),
            Some(node) => Datum::Timestamp(node.count()?),
            None => return Err(node.not("a setting's value, like 3, \"text\", { base64 = … }")),
        },
    })
}

/// A badge: none is the text `none`, and so is 0.
pub(crate) fn badge(node: &Node) -> Read<Datum> {
    match &node.kind {
        Kind::Integer(0) => Ok(Datum::text("none")),
        Kind::Integer(_) => Ok(Datum::Integer(node.count::<u32>()?.into())),
        Kind::Text(text) if text == "none" => Ok(Datum::text("none")),
        Kind::Text(_) => Ok(Datum::Text(word(node, &GLYPHS)?)),
        _ => Err(node.not("a number, a glyph, or \"none\"")),
    }
}
