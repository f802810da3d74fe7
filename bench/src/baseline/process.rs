//! A baseline server in a process of its own, as the server under test is.

use crate::client::{Client, Target};
use crate::failure::{Failure, Result};
use crate::server::free_address;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Process {
    child: Child,
    pub target: Target,
}

impl Process {
    /// Starts this program's own subcommand, which takes the address first.
    pub fn start(subcommand: &str, more: &[&str]) -> Result<Self> {
        let address = free_address()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(subcommand).arg(address.to_string()).args(more).stdin(Stdio::null());
        let child = command.spawn()?;
        let process = Self { child, target: Target { address, prefix: "", token: String::new() } };
        let begun = Instant::now();
        while Client::new(&process.target).call("GET", "/", None).is_err() {
            if begun.elapsed() > Duration::from_secs(20) {
                return Err(Failure::new(format!("The baseline {subcommand} does not start.")));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(process)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
