//! Results for a person or for a program.

use crate::scim::time;
use serde_json::Value;

#[derive(Debug, Clone, Copy)]
pub struct Output {
    pub json: bool,
}

impl Output {
    /// One result: the JSON value, or the lines.
    pub fn show(self, value: &Value, lines: &[String]) {
        if self.json {
            println!("{value}");
        } else {
            lines.iter().for_each(|line| println!("{line}"));
        }
    }

    /// A table: rows of cells under a heading, or a JSON list of objects.
    pub fn table(self, names: &[&str], rows: &[Vec<String>]) {
        if self.json {
            let object = |row: &Vec<String>| -> Value {
                let cells = names.iter().zip(row).map(|(name, cell)| ((*name).to_owned(), Value::from(cell.as_str())));
                Value::Object(cells.collect())
            };
            println!("{}", Value::Array(rows.iter().map(object).collect()));
            return;
        }
        let width = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
            cells.chain([names[column].len()]).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..names.len()).map(width).collect();
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let padded = cells.zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        println!("{}", line(&mut names.iter().copied()));
        rows.iter().for_each(|row| println!("{}", line(&mut row.iter().map(String::as_str))));
    }
}

/// A time for a person; empty when there is none.
pub fn moment(milliseconds: Option<i64>) -> String {
    milliseconds.map(time::format).unwrap_or_default()
}
