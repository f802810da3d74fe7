//! The program itself, started as a person or a script would, on SQLite in a folder of its own.

use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// A folder of its own; gone with the test.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("scim-connector-cli-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
        Self(folder)
    }

    pub fn database(&self) -> PathBuf {
        self.0.join("data/scim.db")
    }

    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(Path::new(env!("CARGO_BIN_EXE_scim-connector")));
        let database = format!("sqlite:{}", self.database().display());
        command.env_clear().env("SCIM_CONNECTOR_DATABASE", database).args(arguments).current_dir(&self.0);
        command
    }

    pub fn command(&self, arguments: &[&str]) -> Output {
        self.program(arguments).output().expect("the program starts")
    }

    /// The standard output of a command that succeeds.
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    pub fn json(&self, arguments: &[&str]) -> Value {
        let text = self.run(&[arguments, &["--json"]].concat());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {text}"))
    }

    /// Starts a server on a free port and waits for what it prints.
    pub fn serve(&self, more: &[&str]) -> Running {
        self.serve_at("info", more)
    }

    pub fn serve_at(&self, level: &str, more: &[&str]) -> Running {
        let log = File::create(self.0.join("log")).expect("the folder can be written");
        let mut command = self.program(&["serve", "--listen", "127.0.0.1:0"]);
        command.env("SCIM_CONNECTOR_LOG__LEVEL", level).args(more);
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let (printed, received) = mpsc::channel();
        std::thread::spawn(move || lines.map_while(Result::ok).all(|line| printed.send(line).is_ok()));
        // What is printed is printed before the log says "serving".
        let begun = Instant::now();
        while !std::fs::read_to_string(self.0.join("log")).is_ok_and(|log| log.contains("\"serving\"")) {
            assert!(begun.elapsed() < Duration::from_secs(60), "the server does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        let mut lines = vec![received.recv().expect("it prints its address")];
        while let Ok(line) = received.recv_timeout(Duration::from_millis(200)) {
            lines.push(line);
        }
        Running { child, lines }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A server; it ends with the test.
pub struct Running {
    child: Child,
    pub lines: Vec<String>,
}

impl Running {
    /// What stands behind this name in the lines of the start.
    pub fn printed(&self, name: &str) -> String {
        let line = self.lines.iter().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name} in {:?}", self.lines)).trim().to_owned()
    }

    pub fn terminate(&mut self) -> i32 {
        self.signal("-TERM")
    }

    pub fn interrupt(&mut self) -> i32 {
        self.signal("-INT")
    }

    /// Its exit code behind this signal.
    fn signal(&mut self, signal: &str) -> i32 {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()));
        self.child.wait().expect("it ends").code().expect("it exits by itself")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
