//! The machine that a result was measured on.

use std::fs;
use std::process::Command;

use serde::{Deserialize, Serialize};

/// The machine and the versions of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) memory_gib: u64,
    pub(crate) kernel: String,
    pub(crate) rustc: String,
    /// Name and version of the crates that are compared.
    pub(crate) crates: Vec<String>,
}

const CRATES: [&str; 9] = [
    "sqlx",
    "rusqlite",
    "libsqlite3-sys",
    "sea-orm",
    "diesel",
    "diesel-async",
    "tokio-postgres",
    "mysql_async",
    "tokio",
];

impl Machine {
    /// This one.
    pub(crate) fn here() -> Self {
        let memory = field("/proc/meminfo", "MemTotal");
        let kib: u64 = memory
            .split_whitespace()
            .next()
            .and_then(|kib| kib.parse().ok())
            .unwrap_or_default();
        Self {
            cpu: field("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_gib: (kib + (1 << 19)) >> 20,
            kernel: line("/proc/sys/kernel/osrelease"),
            rustc: version_of("rustc"),
            crates: CRATES.iter().filter_map(|name| version(name)).collect(),
        }
    }
}

/// The mean number of runnable processes over the last minute: above the number of cores, the
/// machine had other things to do as well.
pub(crate) fn load() -> f64 {
    line("/proc/loadavg")
        .split_whitespace()
        .next()
        .and_then(|load| load.parse().ok())
        .unwrap_or_default()
}

/// The version that a program prints.
pub(crate) fn version_of(program: &str) -> String {
    Command::new(program)
        .arg("--version")
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .and_then(|text| text.lines().next().map(str::to_owned))
        .unwrap_or_else(|| String::from("unknown"))
}

fn line(path: &str) -> String {
    fs::read_to_string(path).map_or_else(|_| String::from("unknown"), |text| text.trim().to_owned())
}

fn field(path: &str, name: &str) -> String {
    fs::read_to_string(path)
        .unwrap_or_default()
        .lines()
        .find_map(|line| {
            let (key, value) = line.split_once(':')?;
            (key.trim() == name).then(|| value.trim().to_owned())
        })
        .unwrap_or_else(|| String::from("unknown"))
}

fn version(name: &str) -> Option<String> {
    let mut lines = include_str!("../Cargo.lock").lines();
    lines.find(|line| *line == format!("name = \"{name}\""))?;
    let version = lines
        .next()?
        .strip_prefix("version = \"")?
        .strip_suffix('"')?;
    Some(format!("{name} {version}"))
}
