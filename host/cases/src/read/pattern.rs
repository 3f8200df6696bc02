//! What stands in place of a value: `{ matches = … }` and its like.

use regex::Regex;

use super::expect::{datum, entries, message, word};
use crate::datum::Datum;
use crate::expected::Rule;
use crate::node::{Fields, Kind, Node, Read};
use crate::shape::{Shape, TYPES};

/// A pattern: a table with one of the names that patterns have, where no such field can be meant.
pub(crate) fn pattern(node: &Node, shape: Shape) -> Read<Option<Rule>> {
    let Kind::Table(fields) = &node.kind else { return Ok(None) };
    let has = |name: &str| fields.iter().any(|(field, _)| field == name);
    let mut table = node.fields()?;
    let rule = match shape {
        Shape::Some(_) | Shape::All(_) => return Ok(None),
        Shape::List(inner) => of_list(node, &mut table, *inner)?,
        _ if has("matches") => matches(table.need("matches")?, shape)?,
        _ if has("at-least") || has("at-most") => between(&mut table, shape)?,
        _ if has("absent") => absent(table.need("absent")?)?,
        Shape::Setting if has("type") => {
            let name = word(table.need("type")?, &TYPES)?;
            Rule::Type(TYPES.into_iter().find(|known| *known == name).unwrap_or_default())
        }
        _ => return Ok(None),
    };
    table.finish()?;
    Ok(Some(rule))
}

fn of_list(node: &Node, table: &mut Fields<'_>, inner: Shape) -> Read<Rule> {
    match (table.take("includes"), table.take("count")) {
        (Some(node), None) => Ok(Rule::Includes(entries(node, inner)?)),
        (None, Some(node)) => Ok(Rule::Count(node.count()?)),
        _ => Err(node.wrong("this is a list, or either `includes` or `count`")),
    }
}

fn matches(node: &Node, shape: Shape) -> Read<Rule> {
    let regex = Regex::new(node.text()?).map_err(|error| {
        let why = error.to_string();
        let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
        node.wrong(format!("this is no regular expression: {why}"))
    })?;
    match shape {
        Shape::LogLine => Ok(message(Rule::Matches(regex), node.line)),
        Shape::Text | Shape::Setting | Shape::Content | Shape::Word(_) => Ok(Rule::Matches(regex)),
        _ => Err(node.wrong("`matches` is for text")),
    }
}

fn between(table: &mut Fields<'_>, shape: Shape) -> Read<Rule> {
    let bound = |node: &Node| match shape {
        Shape::Setting if matches!(node.kind, Kind::Text(_) | Kind::Boolean(_)) => {
            Err(node.not("a number or a moment"))
        }
        Shape::Setting | Shape::Integer | Shape::Duration | Shape::Number => datum(node, shape),
        Shape::Badge | Shape::Budget => datum(node, Shape::Integer),
        _ => Err(node.wrong("`at-least` and `at-most` are for numbers, moments and times")),
    };
    let (least, most): (Option<Datum>, _) =
        (table.read("at-least", bound)?, table.read("at-most", bound)?);
    Ok(Rule::Between(least, most))
}

fn absent(node: &Node) -> Read<Rule> {
    if node.boolean()? {
        return Ok(Rule::Absent);
    }
    Err(node.wrong("`absent` is `true`, or is not said"))
}
