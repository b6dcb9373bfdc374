//! The tests that look for a fault, in stages: the fast ones first.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::VARIABLE;
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
const SQLITE: Stage = stage("genledger-sqlite", "sqlite");
const SQLX: Stage = stage("genledger-sqlx", "");
const POSTGRES: Stage = stage("genledger-postgres", "postgres");
const MARIADB: Stage = stage("genledger-mysql", "mariadb");
const MYSQL: Stage = stage("genledger-mysql", "mysql");
const DOMAIN: Stage = stage("genledger", "memory,sqlite");

/// Tests that say nothing about what the code does, or look at the sources.
const LEFT_OUT: [&str; 4] = ["architecture", "derive_ui", "examples", "mock"];

/// The stages for a fault in a file.
pub(super) fn stages(file: &str) -> &'static [Stage] {
    match file.split('/').nth(1) {
        _ if file.starts_with("src/") => &[DOMAIN],
        Some("memory") => &[MEMORY, SUITE, DOMAIN],
        Some("sql") => &[SQL, SQLITE, POSTGRES, MARIADB, MYSQL, DOMAIN],
        Some("sqlite") => &[SQLITE, DOMAIN],
        Some("sqlx") => &[SQLX, POSTGRES, MARIADB, MYSQL],
        Some("postgres") => &[POSTGRES],
        Some("mysql") => &[MARIADB, MYSQL],
        _ => &[CONTRACT, MEMORY, SUITE, SQLITE, DOMAIN, POSTGRES],
    }
}

/// A built program of tests.
#[derive(Debug, Clone)]
pub(super) struct Program {
    name: String,
    path: PathBuf,
    /// The folder of its package.
    folder: PathBuf,
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
        // A fault is to be found, not to be debugged.
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

/// A text in a line of JSON; none of ours has a quote in it.
fn field(line: &str, name: &str) -> Option<String> {
    let (_, rest) = line.split_once(&format!("\"{name}\":\""))?;
    Some(rest.split_once('"')?.0.to_owned())
}

/// What tests said about a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Survived,
    /// The program and the test that failed.
    Found(String),
}

/// What runs tests.
#[derive(Debug)]
pub(super) struct Runner<'a> {
    pub(super) programs: &'a Programs,
    /// Where the servers are.
    pub(super) variables: &'a [(String, String)],
    /// How long each program took without a fault.
    pub(super) usual: BTreeMap<(PathBuf, &'static str), Duration>,
}

impl Runner<'_> {
    /// Runs a stage without a fault: what fails then would find everything.
    pub(super) fn baseline(&mut self, stage: Stage) -> Result<()> {
        for program in self.of(stage)? {
            let began = Instant::now();
            let limit = Duration::from_secs(900);
            if let Some(test) = self.run(&program, stage, None, &[], limit)? {
                return Err(Error::new(format!(
                    "{} {test} fails without any fault",
                    program.name
                )));
            }
            self.usual
                .insert((program.path, stage.only), began.elapsed());
        }
        Ok(())
    }

    /// Looks for a fault until a test of the stage finds it.
    pub(super) fn look(&self, stage: Stage, fault: usize) -> Result<Verdict> {
        for program in self.of(stage)? {
            let usual = self.usual.get(&(program.path.clone(), stage.only));
            let limit = usual.copied().unwrap_or_default() * 4 + Duration::from_secs(60);
            let Some(test) = self.run(&program, stage, Some(fault), &[], limit)? else {
                continue;
            };
            // One that fails only now and then has not found the fault.
            let words = ["--exact", &test];
            let is_found = test == TIME
                || test == ENDED
                || (0..3).any(|_| {
                    let again = self.run(&program, stage, Some(fault), &words, limit);
                    again.is_ok_and(|failed| failed.is_some())
                });
            if is_found {
                return Ok(Verdict::Found(format!("{} {test}", program.name)));
            }
            eprintln!("xtask: {test} failed once and then passed; it is not counted");
        }
        Ok(Verdict::Survived)
    }

    fn of(&self, stage: Stage) -> Result<Vec<Program>> {
        let programs = self.programs.get(stage.package).cloned();
        programs.ok_or_else(|| Error::new(format!("{} has no tests", stage.package)))
    }

    /// Runs a program until its end or its first failed test, whose name it gives back.
    fn run(
        &self,
        program: &Program,
        stage: Stage,
        fault: Option<usize>,
        words: &[&str],
        limit: Duration,
    ) -> Result<Option<String>> {
        let mut command = Command::new(&program.path);
        command
            .current_dir(&program.folder)
            .env("CARGO_MANIFEST_DIR", &program.folder)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env("RUST_BACKTRACE", "0")
            // Random scripts are those of the run without faults, so that a fault is what differs.
            .env("GENLEDGER_SEED", "1")
            .env_remove(VARIABLE)
            .env_remove("GENLEDGER_ONLY")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Whatever it starts ends with it.
            .process_group(0);
        if words.is_empty() {
            // The same code, with other SQL.
            for suite in ["_unlocked::", "_pgbouncer::", "_routed::"] {
                command.args(["--skip", suite]);
            }
        }
        command.args(words);
        if let Some(fault) = fault {
            command.env(VARIABLE, fault.to_string());
        }
        if !stage.only.is_empty() {
            command.env("GENLEDGER_ONLY", stage.only);
        }
        let mut child = command.spawn().context(|| process::shown(&command))?;
        let failed = watch(&mut child, limit);
        end(&mut child);
        Ok(failed)
    }
}

/// Instead of the name of a test.
const TIME: &str = "(took too long)";
const ENDED: &str = "(the program ended)";

/// Reads what a program of tests prints.
fn watch(child: &mut Child, limit: Duration) -> Option<String> {
    let until = Instant::now() + limit;
    let (sender, lines) = mpsc::channel();
    let output = child.stdout.take()?;
    std::thread::spawn(move || {
        for line in BufReader::new(output)
            .split(b'\n')
            .map_while(std::result::Result::ok)
        {
            if sender
                .send(String::from_utf8_lossy(&line).into_owned())
                .is_err()
            {
                break;
            }
        }
    });
    let mut passed = false;
    loop {
        match lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                passed |= line.starts_with("test result: ok");
                let failed = line.strip_suffix(" ... FAILED");
                if let Some(name) = failed.and_then(|line| line.rsplit_once("test ")) {
                    let name = name.1.trim_end_matches(" - should panic");
                    return Some(name.to_owned());
                }
            }
            Err(RecvTimeoutError::Timeout) => return Some(TIME.to_owned()),
            Err(RecvTimeoutError::Disconnected) => {
                return (!passed).then(|| ENDED.to_owned());
            }
        }
    }
}

/// Ends a program and everything that it started.
fn end(child: &mut Child) {
    let group = format!("-{}", child.id());
    // It may have ended already.
    let _ended = Command::new("kill")
        .args(["-9", "--", &group])
        .stderr(Stdio::null())
        .status();
    let _status = child.wait();
}
