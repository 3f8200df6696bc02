//! JSON that is written as TOML.

use std::fmt::Write as _;

use serde_json::Value as Json;

use crate::node::{Kind, Node, Read};

/// The value as JSON text, compact, with the names in the file's order.
pub(crate) fn text(node: &Node) -> Read<String> {
    let mut text = String::new();
    write(node, &mut text)?;
    Ok(text)
}

/// The value, to be compared: names have no order in it.
pub(crate) fn value(node: &Node) -> Read<Json> {
    let text = text(node)?;
    serde_json::from_str(&text).map_err(|error| node.wrong(error.to_string()))
}

fn write(node: &Node, out: &mut String) -> Read<()> {
    match &node.kind {
        Kind::Boolean(is) => out.push_str(if *is { "true" } else { "false" }),
        Kind::Integer(integer) => {
            let _ = write!(out, "{integer}");
        }
        Kind::Float(float) if float.is_finite() => out.push_str(&Json::from(*float).to_string()),
        Kind::Text(text) => out.push_str(&Json::from(text.as_str()).to_string()),
        Kind::Float(_) | Kind::Moment(_) => return Err(node.not("anything that JSON has")),
        Kind::List(nodes) => {
            out.push('[');
            for (at, node) in nodes.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { "," });
                write(node, out)?;
            }
            out.push(']');
        }
        Kind::Table(fields) => {
            out.push('{');
            for (at, (name, node)) in fields.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { "," });
                out.push_str(&Json::from(name.as_str()).to_string());
                out.push(':');
                write(node, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}
