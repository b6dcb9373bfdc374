//! `cargo xtask test`: every test, on every backend.

mod libtest;
mod packages;
mod summary;

use crate::backend::{self, Backend};
use crate::command::{Command, Words, unknown};
use crate::error::{Error, Result};
use crate::process;
use crate::servers::{Purpose, Servers};

use summary::Summary;

/// The entry in the table of commands.
pub(crate) const COMMAND: Command = Command {
    name: "test",
    usage: "[--only memory,sqlite,postgres,mariadb,mysql] [--keep] [-- WORDS FOR CARGO TEST]",
    about: "Runs every test with servers of its own, and counts the conformance cases.
            No server is started for a backend whose GENLEDGER_<BACKEND>_URL is set.
            --keep leaves the servers running.",
    run: run_words,
};

/// The file to which the suite writes the outcome of each case: libtest has no outcome "not applicable".
const REPORT: &str = "GENLEDGER_CONFORMANCE_REPORT";

/// The number of tests that libtest runs at the same time.
const THREADS: &str = "RUST_TEST_THREADS";

/// The backends and tests of a run.
#[derive(Debug)]
struct Plan {
    /// All backends, or some of them.
    only: Option<Vec<Backend>>,
    keep: bool,
    extra: Vec<String>,
}

fn run_words(words: &[String]) -> Result<()> {
    let mut words = Words::new(words);
    let mut plan = Plan {
        only: None,
        keep: false,
        extra: words.extra().to_vec(),
    };
    while let Some((flag, inline)) = words.next() {
        match flag {
            "--only" => plan.only = Some(words.only(flag, inline)?),
            "--keep" => plan.keep = true,
            other => return Err(unknown(other)),
        }
    }
    run(&plan)
}

/// Runs every test on every backend, as in CI.
pub(crate) fn everything() -> Result<()> {
    run(&Plan {
        only: None,
        keep: false,
        extra: Vec::new(),
    })
}

fn run(plan: &Plan) -> Result<()> {
    let wanted = plan.only.clone().unwrap_or_else(|| Backend::ALL.to_vec());
    let (servers, built) = prepare(plan, &wanted);
    let servers = servers?;
    built?;

    let mut summary = Summary::default();
    let mut reader = libtest::Reader::default();
    let report = std::env::temp_dir().join(format!("genledger-report-{}", std::process::id()));
    let status = servers.run(
        cargo_test(plan, &["--no-fail-fast"], &plan.extra).env(REPORT, &report),
        Some(&mut |line| {
            println!("{line}");
            if let Some((name, outcome)) = reader.line(line) {
                summary.count(&name, outcome);
            }
        }),
    )?;

    // The file is missing when no case ended, which is checked below.
    summary.report(
        &std::fs::read_to_string(&report).unwrap_or_default(),
        &wanted,
    );
    drop(std::fs::remove_file(&report));
    if plan.keep {
        let folder = servers.release()?;
        eprintln!(
            "xtask: the servers keep running: {0}/env, {0}/stop",
            folder.display()
        );
    }
    let mut problems = Vec::new();
    if !status.success() {
        problems.push(format!("cargo test ended with {status}"));
    }
    // A run with names of tests shows those only.
    if plan.extra.is_empty() {
        problems.extend(summary.missing(&wanted));
    } else {
        eprintln!(
            "xtask: with words for cargo test, it is not checked that every backend was tested"
        );
    }
    print!("\n{}", summary.remarks());
    for problem in &problems {
        println!("xtask test: {problem}");
    }
    // The most informative part is printed last, so that it remains on the screen.
    print!("{}", summary.table(&wanted));
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Error::printed())
    }
}

/// Installs and starts the servers while the tests are built: one waits for the network and
/// the disk, the other for the processor.
fn prepare(plan: &Plan, wanted: &[Backend]) -> (Result<Servers>, Result<()>) {
    std::thread::scope(|scope| {
        let servers = scope.spawn(|| Servers::start(wanted, Purpose::Tests, None));
        let extra: Vec<String> = plan
            .extra
            .iter()
            .take_while(|word| *word != "--")
            .cloned()
            .collect();
        let built = process::run(&mut cargo_test(plan, &["--no-run"], &extra));
        let servers = servers
            .join()
            .unwrap_or_else(|_| Err(Error::new("a thread panicked")));
        (servers, built)
    })
}

/// `cargo test` for the packages of a plan.
fn cargo_test(plan: &Plan, flags: &[&str], extra: &[String]) -> std::process::Command {
    let mut command = process::cargo();
    command.arg("test").args(flags);
    match &plan.only {
        None => {
            command
                .args(["--workspace", "--all-features"])
                .env_remove("GENLEDGER_ONLY");
        }
        Some(only) => {
            command
                .args(packages::arguments(only))
                .env("GENLEDGER_ONLY", backend::list(only));
        }
    }
    command.args(extra);
    if std::env::var_os(THREADS).is_none() {
        // Most tests wait for a server most of the time.
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        command.env(THREADS, (2 * cores).to_string());
    }
    command
}
