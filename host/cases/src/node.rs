//! A case file as a tree of values that know their lines.

use toml_edit::{Document, Item, Table, TableLike, Value};

use crate::moment;

/// One value of a case file.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) line: usize,
    pub(crate) kind: Kind,
}

/// What a value of a case file is.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    /// In milliseconds.
    Moment(u64),
    List(Vec<Node>),
    /// In the order of the file.
    Table(Vec<(String, Node)>),
}

/// What is wrong, and on which line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) line: usize,
    pub(crate) what: String,
}

pub(crate) type Read<T> = Result<T, Wrong>;

impl Node {
    /// Reads a file's text; its root is a table.
    pub(crate) fn parse(text: &str) -> Read<Self> {
        let document = Document::parse(text).map_err(|error| Wrong {
            line: line_at(text, error.span().map(|span| span.start)),
            what: error.message().replace('\n', ", "),
        })?;
        of_table(text, document.as_table(), 1)
    }

    /// That this is not what it must be.
    pub(crate) fn wrong(&self, what: impl Into<String>) -> Wrong {
        Wrong { line: self.line, what: what.into() }
    }

    /// That this is of another type than it must be.
    pub(crate) fn not(&self, wanted: &str) -> Wrong {
        self.wrong(format!("this is {}, not {wanted}", self.kind.name()))
    }

    pub(crate) fn text(&self) -> Read<&str> {
        match &self.kind {
            Kind::Text(text) => Ok(text),
            _ => Err(self.not("text")),
        }
    }

    pub(crate) fn boolean(&self) -> Read<bool> {
        match self.kind {
            Kind::Boolean(is) => Ok(is),
            _ => Err(self.not("`true` or `false`")),
        }
    }

    /// A whole number that is not negative and fits.
    pub(crate) fn count<T: TryFrom<i64>>(&self) -> Read<T> {
        let Kind::Integer(count) = self.kind else { return Err(self.not("a whole number")) };
        let fits = u64::try_from(count).ok().and_then(|_| T::try_from(count).ok());
        fits.ok_or_else(|| self.wrong(format!("{count} is out of range here")))
    }

    pub(crate) fn moment(&self) -> Read<u64> {
        match self.kind {
            Kind::Moment(moment) => Ok(moment),
            Kind::Integer(_) => self.count(),
            _ => Err(self.not("a moment, like 2026-01-31T12:00:00Z")),
        }
    }

    pub(crate) fn duration(&self) -> Read<u64> {
        let text = self.text()?;
        moment::parse_duration(text).ok_or_else(|| {
            self.wrong(format!("`{text}` is no length of time, like \"500ms\", \"90s\" or \"2h\""))
        })
    }

    pub(crate) fn list(&self) -> Read<&[Self]> {
        match &self.kind {
            Kind::List(nodes) => Ok(nodes),
            _ => Err(self.not("a list")),
        }
    }

    /// Text that its type reads by itself.
    pub(crate) fn parsed<T: std::str::FromStr>(&self) -> Read<T>
    where
        T::Err: std::fmt::Display,
    {
        self.text()?.parse().map_err(|error: T::Err| self.wrong(error.to_string()))
    }

    /// The table's fields, to be taken one by one.
    pub(crate) fn fields(&self) -> Read<Fields<'_>> {
        match &self.kind {
            Kind::Table(fields) => {
                Ok(Fields { line: self.line, fields: fields.iter().collect(), known: Vec::new() })
            }
            _ => Err(self.not("a table")),
        }
    }

    /// The only field of a table, if it has the name.
    pub(crate) fn only(&self, name: &str) -> Option<&Self> {
        match &self.kind {
            Kind::Table(fields) => match fields.as_slice() {
                [(only, node)] if only == name => Some(node),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Kind {
    fn name(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "a boolean",
            Self::Integer(_) => "a whole number",
            Self::Float(_) => "a float",
            Self::Text(_) => "text",
            Self::Moment(_) => "a moment",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// The fields of a table that are not read yet. What nobody takes is refused at the end.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    pub(crate) line: usize,
    fields: Vec<&'a (String, Node)>,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// Takes a field, if it is there.
    pub(crate) fn take(&mut self, name: &'static str) -> Option<&'a Node> {
        self.known.push(name);
        let at = self.fields.iter().position(|(field, _)| field == name)?;
        Some(&self.fields.remove(at).1)
    }

    /// Takes a field and reads it, if it is there.
    pub(crate) fn read<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&'a Node) -> Read<T>,
    ) -> Read<Option<T>> {
        self.take(name).map(read).transpose()
    }

    /// Takes a field that must be there.
    pub(crate) fn need(&mut self, name: &'static str) -> Read<&'a Node> {
        let line = self.line;
        self.take(name).ok_or_else(|| Wrong { line, what: format!("`{name}` is missing") })
    }

    /// Refuses what was not taken.
    pub(crate) fn finish(self) -> Read<()> {
        let Some((name, node)) = self.fields.first() else { return Ok(()) };
        let known = self.known.join("`, `");
        Err(node.wrong(format!("`{name}` is not known here; what is known is `{known}`")))
    }
}

fn line_at(text: &str, position: Option<usize>) -> usize {
    let before = text.get(..position.unwrap_or(0)).unwrap_or_default();
    before.matches('\n').count() + 1
}

/// The line of whatever has a span, and if it has none, that of what it stands in.
fn line_of(text: &str, span: Option<std::ops::Range<usize>>, outer: usize) -> usize {
    span.map_or(outer, |span| line_at(text, Some(span.start)))
}

fn of_table(text: &str, table: &dyn TableLike, line: usize) -> Read<Node> {
    let mut fields = Vec::with_capacity(table.len());
    for (name, item) in table.iter() {
        let key = table.get_key_value(name).and_then(|(key, _)| key.span());
        let line = line_of(text, key, line);
        fields.push((name.to_owned(), of_item(text, item, line)?));
    }
    Ok(Node { line, kind: Kind::Table(fields) })
}

fn of_item(text: &str, item: &Item, outer: usize) -> Read<Node> {
    let kind = match item {
        Item::None => Kind::Table(Vec::new()),
        Item::Value(value) => return of_value(text, value, outer),
        Item::Table(table) => return of_table(text, table, line_of(text, table.span(), outer)),
        Item::ArrayOfTables(tables) => {
            let of = |table: &Table| of_table(text, table, line_of(text, table.span(), outer));
            Kind::List(tables.iter().map(of).collect::<Read<_>>()?)
        }
    };
    Ok(Node { line: outer, kind })
}

fn of_value(text: &str, value: &Value, outer: usize) -> Read<Node> {
    let line = line_of(text, value.span(), outer);
    let kind = match value {
        Value::String(text) => Kind::Text(text.value().clone()),
        Value::Integer(integer) => Kind::Integer(*integer.value()),
        Value::Float(float) => Kind::Float(*float.value()),
        Value::Boolean(is) => Kind::Boolean(*is.value()),
        Value::Datetime(moment) => {
            let written = moment.value().to_string();
            Kind::Moment(moment::parse(&written).ok_or_else(|| Wrong {
                line,
                what: format!("`{written}` is no moment since 1970 with its offset, like …Z"),
            })?)
        }
        Value::Array(values) => {
            let of = |value| of_value(text, value, line);
            Kind::List(values.iter().map(of).collect::<Read<_>>()?)
        }
        Value::InlineTable(table) => return of_table(text, table, line),
    };
    Ok(Node { line, kind })
}
