use crate::output::{Look, Paint};

/// Rows in columns that are as wide as they need to be.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with a heading over each column.
    pub(crate) fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(ToString::to_string).collect()] }
    }

    /// Adds a row. A cell is one line; what is not our own text has to be clean.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The table as lines, or `empty` in their place if it has no row.
    pub(crate) fn text(&self, paint: Paint, empty: &str) -> String {
        if self.rows.len() == 1 {
            return format!("{empty}\n");
        }
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for (at, row) in self.rows.iter().enumerate() {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            let line = cells.collect::<Vec<_>>().join("  ");
            let line = line.trim_end();
            text += &if at == 0 { paint.with(Look::Faint, line) } else { line.to_owned() };
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["app", "waiting", "name"]);
        table.row(["com.example.mail".into(), "3".into(), "Mail".into()]);
        insta::assert_snapshot!(table.text(Paint(false), "no apps"), @r"
        app               waiting  name
        com.example.mail  3        Mail
        ");
    }

    #[test]
    fn a_table_without_rows_says_so() {
        assert_eq!(Table::new(&["app"]).text(Paint(false), "no apps"), "no apps\n");
    }
}
