//! What the figures should be, and whether they are.

use crate::figures::Figure;
use crate::store::Database::{self, Postgres, Sqlite};
use crate::table::{Line, growth, lines, micros, thousands};

pub struct Judgement {
    pub workload: String,
    pub database: Database,
    pub target: String,
    pub measured: String,
    pub is_met: bool,
}

/// What a line is held against.
enum Measure {
    /// Rate as a part of that beside it, at least.
    Rate(f64),
    /// Median in microseconds, at most.
    Median(f64),
    /// Median as a multiple of that beside it, at most.
    Times(f64),
    /// A further figure, at most.
    Value(&'static str, f64),
}

use Measure::{Median, Rate, Times, Value};

/// Sizes at which a target counts.
#[derive(Clone, Copy)]
enum At {
    Every,
    /// The largest one that is at most so large.
    UpTo(u64),
    /// Only sizes that are at least so large.
    From(u64),
}

struct Target {
    /// Lines whose names begin so.
    workload: &'static str,
    connections: usize,
    database: Database,
    at: At,
    measure: Measure,
}

const fn target(workload: &'static str, connections: usize, database: Database, at: At, measure: Measure) -> Target {
    Target { workload, connections, database, at, measure }
}

const TARGETS: &[Target] = &[
    target("W2 lookup", 1, Sqlite, At::Every, Median(100.0)),
    target("W2 lookup", 16, Sqlite, At::Every, Rate(0.40)),
    target("W2 lookup", 16, Postgres, At::Every, Rate(0.20)),
    // The strongest other server, which keeps everything in memory, needs 37 µs where the ceiling needs 28 to 31.
    target("W3 read by id", 1, Sqlite, At::Every, Value("times the ceiling", 1.25)),
    target("W3 read by id", 16, Sqlite, At::Every, Rate(0.45)),
    target("W3 read by id", 16, Postgres, At::Every, Rate(0.22)),
    target("flushes of a create", 16, Sqlite, At::Every, Value("flushes per write", 0.2)),
    target("flushes of a create", 1, Sqlite, At::Every, Value("flushes per write", 1.05)),
    target("W1 create", 16, Sqlite, At::Every, Rate(0.6)),
    target("W1 create", 16, Postgres, At::Every, Rate(0.5)),
    target("flushes of a patch", 16, Sqlite, At::Every, Value("flushes per write", 0.2)),
    target("flushes of a patch", 1, Sqlite, At::Every, Value("flushes per write", 1.05)),
    target("W4 patch active, random", 16, Sqlite, At::Every, Rate(0.6)),
    target("W4 patch active, random", 16, Postgres, At::Every, Rate(0.5)),
    target("W5 first page", 1, Sqlite, At::UpTo(100_000), Median(1_000.0)),
    target("W5 middle page", 1, Sqlite, At::UpTo(100_000), Median(1_000.0)),
    target("W5 last page", 1, Sqlite, At::UpTo(100_000), Median(1_000.0)),
    target("W5 first page", 1, Postgres, At::UpTo(100_000), Median(3_000.0)),
    target("W5 middle page", 1, Postgres, At::UpTo(100_000), Median(3_000.0)),
    target("W5 last page", 1, Postgres, At::UpTo(100_000), Median(3_000.0)),
    target("W5 walk", 1, Sqlite, At::Every, Value("last tenth to first", 1.5)),
    target("W5 walk", 1, Postgres, At::Every, Value("last tenth to first", 1.5)),
    target("W6 GET group, of 10000", 1, Sqlite, At::Every, Median(11_000.0)),
    target("W6 GET group, of 10000", 1, Postgres, At::Every, Median(40_000.0)),
    target("W6 GET group, of 100000", 1, Sqlite, At::Every, Value("first byte ms", 50.0)),
    target("W6 GET group, of 100000", 1, Sqlite, At::Every, Value("memory grows MiB", 20.0)),
    target("W6 GET group, of 100000", 1, Postgres, At::Every, Value("first byte ms", 50.0)),
    target("W6 GET group, of 100000", 1, Postgres, At::Every, Value("memory grows MiB", 20.0)),
    target("W6 displayName eq", 1, Sqlite, At::Every, Times(1.5)),
    target("W6 displayName eq", 1, Postgres, At::Every, Times(1.5)),
    target("W6 id eq and members eq", 1, Sqlite, At::Every, Times(1.5)),
    target("W6 id eq and members eq", 1, Postgres, At::Every, Times(1.5)),
    target("W6 GET user in 50 groups", 1, Sqlite, At::Every, Median(84.0)),
    target("W6 GET user in 50 groups", 1, Postgres, At::Every, Times(4.0)),
    target("W7 memory", 0, Sqlite, At::UpTo(100_000), Value("MiB", 75.0)),
    target("W7 memory", 0, Postgres, At::UpTo(100_000), Value("MiB", 75.0)),
    target("W7 memory", 0, Sqlite, At::From(1_000_000), Value("MiB", 143.0)),
    target("W7 memory", 0, Postgres, At::From(1_000_000), Value("MiB", 143.0)),
    target("start to first answer", 1, Sqlite, At::Every, Median(50_000.0)),
    target("start to first answer", 1, Postgres, At::Every, Median(100_000.0)),
    target("Bulk", 1, Sqlite, At::Every, Rate(1.5)),
    target("Bulk", 1, Postgres, At::Every, Rate(1.5)),
    target("memory under long load", 16, Sqlite, At::Every, Value("end to first quarter", 1.1)),
    target("memory under long load", 16, Postgres, At::Every, Value("end to first quarter", 1.1)),
    target("change at one replica", 1, Postgres, At::Every, Value("errors", 0.0)),
];

/// Most that the median of any workload may grow, and that of a change of one member, and of a last page to a first.
const GROWTH: f64 = 1.3;
const MEMBERS: f64 = 1.2;
const LAST_PAGE: f64 = 1.5;

pub fn judge(figures: &[Figure]) -> Vec<Judgement> {
    let lines = lines(figures);
    let mut judgements: Vec<Judgement> = TARGETS.iter().flat_map(|target| target.judge(&lines)).collect();
    judgements.extend(lines.iter().filter_map(|line| pages(&lines, line)));
    judgements.extend(lines.iter().filter_map(|line| members(&lines, line)));
    judgements.extend(lines.iter().filter_map(|line| grown(&lines, line)));
    judgements
}

impl Target {
    fn judge(&self, lines: &[Line<'_>]) -> Vec<Judgement> {
        let mine = |line: &&Line<'_>| {
            let counts = match self.at {
                At::Every => true,
                At::UpTo(most) => line.users <= most,
                At::From(least) => line.users >= least,
            };
            counts
                && line.database == self.database
                && line.connections == self.connections
                // "of 10000" is not "of 100000".
                && line.workload.strip_prefix(self.workload).is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
        };
        let lines: Vec<&Line<'_>> = lines.iter().filter(mine).collect();
        let largest = lines.iter().map(|line| line.users).max().unwrap_or(0);
        let only_largest = matches!(self.at, At::UpTo(_));
        lines
            .into_iter()
            .filter(|line| !only_largest || line.users == largest)
            .filter_map(|line| self.hold(line))
            .collect()
    }

    fn hold(&self, line: &Line<'_>) -> Option<Judgement> {
        let beside = || line.beside().unwrap_or_default();
        let (target, measured, is_met) = match self.measure {
            Rate(least) => {
                let ratio = line.median(Figure::rate_ratio)?;
                (format!("≥ {least:.2} of {}", beside()), format!("{ratio:.2}"), ratio >= least)
            }
            Median(most) => {
                let p50 = line.p50()?;
                (format!("p50 ≤ {}", micros(most)), micros(p50), p50 <= most)
            }
            Times(most) => {
                let times = line.median(Figure::time_ratio)?;
                (format!("p50 ≤ {most} × {}", beside()), format!("{times:.2}"), times <= most)
            }
            Value("errors", most) => {
                let errors = line.median(|figure| u32::try_from(figure.errors).ok().map(f64::from))?;
                ("no old state".to_owned(), format!("{errors:.0} old states or errors"), errors <= most)
            }
            Value(name, most) => {
                let value = line.value(name)?;
                (format!("{name} ≤ {most}"), format!("{value:.2}"), value <= most)
            }
        };
        Some(judgement(line, target, measured, is_met))
    }
}

fn judgement(line: &Line<'_>, target: String, measured: String, is_met: bool) -> Judgement {
    let connections = if line.connections > 1 { format!(", {} connections", line.connections) } else { String::new() };
    let workload = format!("{}{connections}, {} users", line.workload, thousands(line.users));
    Judgement { workload, database: line.database, target, measured, is_met }
}

/// The same on the same database at the same size, under another name.
fn other<'l, 'f>(lines: &'l [Line<'f>], line: &Line<'_>, workload: &str) -> Option<&'l Line<'f>> {
    lines.iter().find(|other| {
        other.workload == workload
            && (other.database, other.users, other.connections) == (line.database, line.users, line.connections)
    })
}

fn pages(lines: &[Line<'_>], line: &Line<'_>) -> Option<Judgement> {
    let by = line.workload.strip_prefix("W5 last page by ")?;
    let first = other(lines, line, &format!("W5 first page by {by}"))?;
    let times = line.p50()? / first.p50()?;
    Some(judgement(line, format!("≤ {LAST_PAGE} × the first page"), format!("{times:.2}"), times <= LAST_PAGE))
}

fn members(lines: &[Line<'_>], line: &Line<'_>) -> Option<Judgement> {
    let workload = "W6 add or remove one member, of ";
    let size = line.workload.strip_prefix(workload).filter(|size| *size != "100")?;
    let least = other(lines, line, &format!("{workload}100"))?;
    let times = line.p50()? / least.p50()?;
    let target = format!("≤ {MEMBERS} × that of 100 members");
    (size == "100000").then(|| judgement(line, target, format!("{times:.2}"), times <= MEMBERS))
}

fn grown(lines: &[Line<'_>], line: &Line<'_>) -> Option<Judgement> {
    let here = lines.iter().filter(|other| other.database == line.database);
    let largest = here.map(|line| line.users).max()?;
    if line.users != largest || line.workload.starts_with("W5 walk") {
        return None;
    }
    let growth = growth(lines, line)?;
    let target = format!("p50 ≤ {GROWTH} × that of the smallest size");
    let of_same = |other: &&Line<'_>| (other.workload, other.connections) == (line.workload, line.connections);
    let smallest =
        lines.iter().filter(of_same).filter(|other| other.database == line.database).min_by_key(|other| other.users)?;
    let plain = line.p50()? / smallest.p50()?;
    Some(judgement(
        line,
        target,
        format!("{growth:.2} against what ran beside, {plain:.2} as it stands"),
        growth.min(plain) <= GROWTH,
    ))
}
