//! Figures as text: a line each while the run goes on, and a table of all of them.

#![expect(clippy::print_stderr, reason = "progress goes there")]

use crate::drive::percentile;
use crate::figures::Figure;
use crate::store::Database;
use std::collections::BTreeMap;

/// The rounds of one workload on one database at one size, together.
#[derive(Debug, Clone)]
pub struct Line<'f> {
    pub workload: &'f str,
    pub connections: usize,
    pub database: Database,
    pub users: u64,
    pub rounds: Vec<&'f Figure>,
}

impl<'f> Line<'f> {
    /// The median over the rounds, of what a round has.
    pub fn median(&self, of: impl Fn(&Figure) -> Option<f64>) -> Option<f64> {
        let mut values: Vec<f64> = self.rounds.iter().filter_map(|figure| of(figure)).collect();
        values.sort_by(f64::total_cmp);
        (!values.is_empty()).then(|| percentile(&values, 0.5))
    }

    pub fn p50(&self) -> Option<f64> {
        self.median(|figure| (figure.calls > 0).then_some(figure.p50))
    }

    pub fn value(&self, name: &str) -> Option<f64> {
        self.median(|figure| figure.values.get(name).copied())
    }

    pub fn beside(&self) -> Option<&'f str> {
        self.rounds.iter().find_map(|figure| figure.beside.as_ref()).map(|beside| beside.what.as_str())
    }
}

/// In the order of measuring.
pub fn lines(figures: &[Figure]) -> Vec<Line<'_>> {
    let (mut lines, mut known): (Vec<Line<'_>>, BTreeMap<_, usize>) = (Vec::new(), BTreeMap::new());
    for figure in figures {
        let key = (figure.workload.as_str(), figure.connections, figure.database, figure.users);
        let place = *known.entry(key).or_insert_with(|| {
            let (workload, connections, database, users) = key;
            lines.push(Line { workload, connections, database, users, rounds: Vec::new() });
            lines.len() - 1
        });
        lines[place].rounds.push(figure);
    }
    lines
}

/// How the median of a workload grows from the smallest size to another, each measured against what ran beside it: the
/// machine itself may be twice as slow an hour later.
pub fn growth(lines: &[Line<'_>], line: &Line<'_>) -> Option<f64> {
    let same = |other: &&Line<'_>| {
        (other.workload, other.connections, other.database) == (line.workload, line.connections, line.database)
    };
    let smallest = lines.iter().filter(same).min_by_key(|other| other.users)?;
    if smallest.users == line.users {
        return None;
    }
    let (then, now) = (smallest.median(Figure::time_ratio)?, line.median(Figure::time_ratio)?);
    (then > 0.0).then(|| now / then)
}

pub fn micros(time: f64) -> String {
    match time {
        time if time < 1_000.0 => format!("{time:.0} µs"),
        time if time < 1_000_000.0 => format!("{:.2} ms", time / 1e3),
        time => format!("{:.1} s", time / 1e6),
    }
}

pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// A row for each line: workload, connections, database, users, and the figures.
pub const HEADS: [&str; 11] = [
    "workload",
    "conn.",
    "database",
    "users",
    "calls/s",
    "p50",
    "p90",
    "p99",
    "of what ran beside it",
    "growth",
    "further",
];

pub fn row(lines: &[Line<'_>], line: &Line<'_>) -> [String; 11] {
    let time = |of: fn(&Figure) -> f64| line.median(|figure| (figure.calls > 0).then(|| of(figure))).map(micros);
    let rate = line.median(|figure| (figure.per_second > 0.0).then_some(figure.per_second));
    let ratio = line.median(Figure::rate_ratio).zip(line.beside()).map(|(ratio, what)| format!("{ratio:.2} {what}"));
    let mut further: Vec<String> = Vec::new();
    let names: std::collections::BTreeSet<&str> =
        line.rounds.iter().flat_map(|figure| figure.values.keys().map(String::as_str)).collect();
    for name in names {
        further.extend(line.value(name).map(|value| format!("{name} {}", plain(value))));
    }
    further.extend(line.median(|figure| figure.flush).map(|flush| format!("a flush {}", micros(flush))));
    let errors: u64 = line.rounds.iter().map(|figure| figure.errors).sum();
    if errors > 0 {
        further.push(format!("{errors} ERRORS"));
    }
    let or_none = |cell: Option<String>| cell.unwrap_or_else(|| "–".to_owned());
    [
        line.workload.to_owned(),
        if line.connections > 0 { line.connections.to_string() } else { "–".to_owned() },
        line.database.to_string(),
        thousands(line.users),
        or_none(rate.map(plain)),
        or_none(time(|figure| figure.p50)),
        or_none(time(|figure| figure.p90)),
        or_none(time(|figure| figure.p99)),
        or_none(ratio),
        or_none(growth(lines, line).map(|growth| format!("{growth:.2}"))),
        further.join(", "),
    ]
}

fn plain(number: f64) -> String {
    match number.abs() {
        size if size >= 100.0 => format!("{number:.0}"),
        size if size >= 10.0 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

/// All of it, in columns.
pub fn text(figures: &[Figure]) -> String {
    let lines = lines(figures);
    let mut rows: Vec<[String; 11]> = vec![HEADS.map(str::to_owned)];
    rows.extend(lines.iter().map(|line| row(&lines, line)));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEADS.len()).map(width).collect();
    let line = |row: &[String; 11]| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// One figure, while the run goes on.
pub fn progress(figure: &Figure) {
    let line = Line {
        workload: &figure.workload,
        connections: figure.connections,
        database: figure.database,
        users: figure.users,
        rounds: vec![figure],
    };
    let cells = row(&[], &line);
    eprintln!("  {}", cells.into_iter().filter(|cell| cell != "–" && !cell.is_empty()).collect::<Vec<_>>().join("  "));
    if let Some(error) = &figure.first_error {
        eprintln!("    wrong: {error}");
    }
}
