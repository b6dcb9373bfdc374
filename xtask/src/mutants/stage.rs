//! The tests that look for a fault, in stages: the fast ones first.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::error::{Context as _, Error, Result};
use crate::process;

/// The tests of a package, on some backends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stage {
    pub(super) package: &'static str,
    /// The value of `GENLEDGER_ONLY`.
    pub(super) only: &'static str,
}

const fn stage(package: &'static str, only: &'static str) -> Stage {
    Stage { package, only }
}

const CONTRACT: Stage = stage("genledger-contract", "");
const MEMORY: Stage = stage("genledger-memory", "memory");
/// The suite on memory.
const SUITE: Stage = stage("genledger-conformance", "memory");
const SQL: Stage = stage("genledger-sql", "");
const BLOCKING: Stage = stage("genledger-blocking", "");
const SQLITE: Stage = stage("genledger-sqlite", "sqlite");
const SQLX: Stage = stage("genledger-sqlx", "");
const POSTGRES: Stage = stage("genledger-postgres", "postgres");
const MARIADB: Stage = stage("genledger-mysql", "mariadb");
const MYSQL: Stage = stage("genledger-mysql", "mysql");
const DOMAIN: Stage = stage("genledger", "memory,sqlite");

/// Tests that do not depend on the behaviour of the code, or that read the sources.
const LEFT_OUT: [&str; 4] = ["architecture", "derive_ui", "examples", "mock"];

/// The stages for a fault in a file.
pub(super) fn stages(file: &str) -> &'static [Stage] {
    match file.split('/').nth(1) {
        _ if file.starts_with("src/") => &[DOMAIN],
        Some("memory") => &[MEMORY, SUITE, DOMAIN],
        Some("sql") => &[SQL, SQLITE, POSTGRES, MARIADB, MYSQL, DOMAIN],
        Some("sqlite") => &[SQLITE, DOMAIN],
        Some("blocking") => &[BLOCKING, SQLITE],
        Some("sqlx") => &[SQLX, POSTGRES, MARIADB, MYSQL],
        Some("postgres") => &[POSTGRES],
        Some("mysql") => &[MARIADB, MYSQL],
        _ => &[CONTRACT, MEMORY, SUITE, SQLITE, DOMAIN, POSTGRES],
    }
}

/// A built program of tests.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) name: String,
    pub(super) path: PathBuf,
    /// The folder of its package.
    pub(super) folder: PathBuf,
}

/// The programs of each package.
pub(super) type Programs = BTreeMap<String, Vec<Program>>;

/// Builds the tests of the tree.
pub(super) fn build(tree: &Path, target: &Path) -> Result<Programs> {
    let mut command = process::cargo();
    command
        .args([
            "test",
            "--no-run",
            "--workspace",
            "--all-features",
            "--lib",
            "--tests",
        ])
        .args([
            "--exclude",
            "xtask",
            "--message-format",
            "json-render-diagnostics",
        ])
        .current_dir(tree)
        .env("CARGO_TARGET_DIR", target)
        // Debug information is not needed to find a fault.
        .env("CARGO_PROFILE_DEV_DEBUG", "false")
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    let output = command.output().context(|| process::shown(&command))?;
    if !output.status.success() {
        return Err(Error::new("the faults do not compile"));
    }
    let mut programs = Programs::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Some(path) = field(line, "executable") else {
            continue;
        };
        let manifest = field(line, "manifest_path").unwrap_or_default();
        let folder = Path::new(&manifest).parent().unwrap_or(tree).to_path_buf();
        let target = line
            .split_once("\"target\":")
            .map_or("", |(_, target)| target);
        let name = field(target, "name").unwrap_or_default();
        let text = std::fs::read_to_string(&manifest).context(|| manifest.clone())?;
        let package = text
            .lines()
            .find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
            .unwrap_or_default();
        if !LEFT_OUT.contains(&name.as_str()) {
            programs
                .entry(package.to_owned())
                .or_default()
                .push(Program {
                    name,
                    path: path.into(),
                    folder,
                });
        }
    }
    for programs in programs.values_mut() {
        // The suite takes the longest.
        programs.sort_by_key(|program| (program.name == "conformance", program.name.clone()));
    }
    Ok(programs)
}

/// A text in a line of JSON, which must not contain a quote.
fn field(line: &str, name: &str) -> Option<String> {
    let (_, rest) = line.split_once(&format!("\"{name}\":\""))?;
    Some(rest.split_once('"')?.0.to_owned())
}
