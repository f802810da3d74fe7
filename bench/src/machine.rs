//! What the figures were measured on.

use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;
use std::process::Command;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Machine {
    pub date: String,
    pub processor: String,
    pub cores: usize,
    pub memory_mib: u64,
    pub kernel: String,
    /// Of the folder that the databases were in.
    pub filesystem: String,
    /// Microseconds.
    pub flush: f64,
    pub postgres: String,
    pub server: String,
    /// How the program was called.
    pub command: String,
}

impl Machine {
    pub fn look(folder: &Path, server: &Path, postgres: Option<String>, flush: f64) -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let behind = |text: &str, name: &str| {
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix(name)?.split_once(':').map(|(_, value)| value.trim().to_owned()));
            line.unwrap_or_default()
        };
        let memory = behind(&read("/proc/meminfo"), "MemTotal");
        let memory = memory.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0);
        Self {
            date: say("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
            processor: behind(&read("/proc/cpuinfo"), "model name"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_mib: memory / 1024,
            kernel: say("uname", &["-sr"]),
            filesystem: say("findmnt", &["-no", "FSTYPE", "-T", &folder.display().to_string()]),
            flush,
            postgres: postgres.unwrap_or_default(),
            server: say(&server.display().to_string(), &["--version"]),
            command: command(std::env::args().skip(1)),
        }
    }
}

/// What others would type to measure the same: where things are on this machine is not part of it.
fn command(arguments: impl Iterator<Item = String>) -> String {
    const PLACES: [&str; 4] = ["--server", "--keep", "--json", "--docs"];
    let mut command = "cargo run --release -p bench --".to_owned();
    let mut is_place = false;
    for argument in arguments {
        let names_place = PLACES.iter().any(|place| argument.starts_with(place));
        if !is_place && !names_place {
            command.push_str(&format!(" {argument}"));
        }
        is_place = names_place && !argument.contains('=');
    }
    command
}

fn say(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
