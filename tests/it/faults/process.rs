//! One process of the program.

use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Instant;

/// A server; it is killed when this is dropped.
pub struct Process {
    child: Child,
    /// Where it listens, without a path.
    pub root: String,
    /// Read no more, but open: a program that prints into nowhere would be another fault.
    _printed: BufReader<ChildStdout>,
}

impl Process {
    /// Starts the program behind `wrapper` and waits until it listens; what it printed.
    pub fn start(wrapper: &[&str], database: &str, settings: &[(String, String)], log: &Path) -> (Self, Value) {
        let program = std::env::var("SCIM_CONNECTOR_PROGRAM");
        let program = program.unwrap_or_else(|_| env!("CARGO_BIN_EXE_scim-connector").to_owned());
        let words: Vec<&str> = wrapper.iter().copied().chain([program.as_str()]).collect();
        let log = File::options().create(true).append(true).open(log).expect("the folder can be written");
        let mut child = Command::new(words[0])
            .args(&words[1..])
            .args(["serve", "--json", "--listen", "127.0.0.1:0", "--database", database])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the program starts");
        let mut printed = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        printed.read_line(&mut line).expect("it prints");
        let value: Value =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("it does not start: {error}: {line}"));
        let root = value["baseUrl"].as_str().expect("its address").trim_end_matches("/scim/v2").to_owned();
        (Self { child, root, _printed: printed }, value)
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`; when it is gone.
    pub fn kill(&mut self) -> Instant {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
        Instant::now()
    }

    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|ended| ended.is_none())
    }

    /// Resident memory in kilobytes.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
