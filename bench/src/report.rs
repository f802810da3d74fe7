//! What a run leaves behind: JSON, and a page of documentation.

use crate::failure::Result;
use crate::figures::Figure;
use crate::machine::Machine;
use crate::table::{HEADS, lines, micros, row};
use crate::targets::{Judgement, judge};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

/// What a person has to say about the figures; kept in a file of its own, so that the page can be made anew.
const NOTES: &str = include_str!("../notes.md");

#[derive(Serialize, Deserialize)]
pub struct Report {
    pub machine: Machine,
    pub figures: Vec<Figure>,
}

impl Report {
    pub fn read(path: &Path) -> Result<Self> {
        Ok(serde_json::from_str(&fs::read_to_string(path)?)?)
    }

    pub fn write(&self, path: &Path) -> Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(fs::write(path, serde_json::to_string_pretty(self)? + "\n")?)
    }

    /// The targets as lines of text.
    pub fn verdict(&self) -> String {
        let judgements = judge(&self.figures);
        let line = |judgement: &Judgement| {
            let Judgement { workload, database, target, measured, is_met } = judgement;
            let verdict = if *is_met { "met    " } else { "NOT MET" };
            format!("{verdict}  {database:10}  {workload}: {target}: {measured}")
        };
        let met = judgements.iter().filter(|judgement| judgement.is_met).count();
        let lines: Vec<String> = judgements.iter().map(line).collect();
        format!("{}\n{met} of {} targets met", lines.join("\n"), judgements.len())
    }

    /// The page: what was measured on what, the targets, the notes, all figures.
    pub fn page(&self) -> String {
        let Machine { date, processor, cores, memory_mib, kernel, filesystem, flush, postgres, server, command } =
            &self.machine;
        let flush = micros(*flush);
        let postgres = if postgres.is_empty() { "not measured" } else { postgres };
        let mut page = format!(
            "# Performance\n\nThis page is written by the bench: `{command} --docs docs/performance.md`. What people have to say is in \
             `bench/notes.md`.\n\n## Measured on\n\n| | |\n|---|---|\n| date | {date} |\n| server | {server} |\n| processor | {processor}, {cores} cores, \
             shared by server, database and client |\n| memory | {memory_mib} MiB |\n| kernel | {kernel} |\n| file system | {filesystem}; a flush of 4 KiB {flush} at the beginning |\n\
             | PostgreSQL | {postgres} |\n\n## Targets\n\n| | database | target | measured | |\n|---|---|---|---|---|\n"
        );
        for Judgement { workload, database, target, measured, is_met } in judge(&self.figures) {
            let verdict = if is_met { "met" } else { "**not met**" };
            page.push_str(&format!("| {workload} | {database} | {target} | {measured} | {verdict} |\n"));
        }
        page.push_str(&format!(
            "\n{}\n\n## All figures\n\n| {} |\n|{}\n",
            NOTES.trim(),
            HEADS.join(" | "),
            "---|".repeat(HEADS.len())
        ));
        let lines = lines(&self.figures);
        for line in &lines {
            page.push_str(&format!("| {} |\n", row(&lines, line).join(" | ")));
        }
        page
    }
}
