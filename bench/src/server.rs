//! The server under test: started, asked, ended.

use crate::client::{Client, Target};
use crate::failure::{Failure, Result};
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How servers are started.
#[derive(Debug, Clone)]
pub struct Program {
    pub path: PathBuf,
    pub provisioning_log: bool,
}

/// A running server; it ends with this value.
pub struct Server {
    child: Child,
    pub target: Target,
    /// From the start of the process to the first `/readyz` that says so.
    pub ready_after: Duration,
    /// The credential that the first start on a database printed.
    pub made_token: Option<String>,
}

/// What the server has committed, as its metrics say. (PostgreSQL counts by itself.)
#[derive(Debug, Clone, Copy, Default)]
pub struct Commits {
    pub commits: f64,
    pub writes: f64,
}

impl Program {
    /// Starts a server on a database and waits until it is ready. `folder` takes what it prints.
    pub fn serve(&self, database: &str, folder: &Path, token: &str) -> Result<Server> {
        fs::create_dir_all(folder)?;
        let address = free_address()?;
        let log = folder.join(format!("server-{}.log", address.port()));
        let printed = folder.join(format!("server-{}.out", address.port()));
        let mut command = Command::new(&self.path);
        command.args(["serve", "--json", "--database", database, "--listen", &address.to_string()]);
        command.env("SCIM_CONNECTOR_LIMITS__REQUESTS_PER_SECOND", "0");
        command.env("SCIM_CONNECTOR_LIMITS__ADMIN_REQUESTS_PER_SECOND", "0");
        command.env("SCIM_CONNECTOR_PROVISIONING_LOG__ENABLED", self.provisioning_log.to_string());
        command.current_dir(folder).stdin(Stdio::null()).stdout(File::create(&printed)?).stderr(File::create(&log)?);
        let begun = Instant::now();
        let child = command.spawn().map_err(|error| {
            Failure::new(format!(
                "The server {} cannot be started: {error}. Name one with --server.",
                self.path.display()
            ))
        })?;
        let target = Target { address, prefix: "", token: String::new() };
        let mut server = Server { child, target, ready_after: Duration::ZERO, made_token: None };
        loop {
            if Client::new(&server.target).call("GET", "/readyz", None).is_ok_and(|status| status == 200) {
                break;
            }
            let ended = server.child.try_wait()?.is_some();
            if ended || begun.elapsed() > Duration::from_secs(60) {
                let log = fs::read_to_string(&log).unwrap_or_default();
                return Err(Failure::new(format!("The server does not start on {database}: {log}")));
            }
            std::thread::sleep(Duration::from_micros(300));
        }
        server.ready_after = begun.elapsed();
        let printed = fs::read_to_string(&printed)?;
        let printed: serde_json::Value = serde_json::from_str(&printed).unwrap_or_default();
        server.made_token = printed["token"].as_str().map(str::to_owned);
        let token = server.made_token.clone().unwrap_or_else(|| token.to_owned());
        server.target = Target { address, prefix: "/scim/v2", token };
        Ok(server)
    }
}

impl Server {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as an operator would, and waits.
    pub fn stop(mut self) -> Result<()> {
        Command::new("kill").arg(self.pid().to_string()).status()?;
        self.child.wait()?;
        Ok(())
    }

    /// Resident memory now, in MiB.
    pub fn memory(&self) -> f64 {
        status_mib(self.pid(), "VmRSS:")
    }

    /// What of it is not a mapped file: a mapped database is memory that the kernel takes back when somebody needs it.
    pub fn own_memory(&self) -> f64 {
        status_mib(self.pid(), "RssAnon:")
    }

    /// The most that was resident since `forget_peak`, in MiB.
    pub fn peak_memory(&self) -> f64 {
        status_mib(self.pid(), "VmHWM:")
    }

    pub fn forget_peak(&self) {
        // Where the kernel does not allow it, the peak is that since the start, and growth is told too high.
        let _ = fs::write(format!("/proc/{}/clear_refs", self.pid()), "5");
    }

    pub fn commits(&self) -> Result<Commits> {
        let mut client = Client::new(&Target { prefix: "", ..self.target.clone() });
        client.call("GET", "/metrics", None)?;
        let text = String::from_utf8_lossy(&client.body).into_owned();
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|value| value.trim().parse().ok()).unwrap_or(0.0)
        };
        let (commits, writes) = ("scim_connector_commit_batch_size_count", "scim_connector_commit_batch_size_sum");
        Ok(Commits { commits: value(commits), writes: value(writes) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn status_mib(pid: u32, name: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib = status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}
