//! `cargo xtask test`: every test, on every backend.

mod libtest;
mod packages;
mod summary;

use crate::backend::{self, Backend};
use crate::command::{Command, Words, unknown};
use crate::error::{Error, Result};
use crate::process;
use crate::servers::{Fleet, Purpose};

use summary::Summary;

/// The entry in the table of commands.
pub(crate) const COMMAND: Command = Command {
    name: "test",
    usage: "[--only memory,sqlite,postgres,mariadb,mysql] [--keep] [-- WORDS FOR CARGO TEST]",
    about: "Runs every test with servers of its own, and counts the conformance cases.
            A server is not started when GENLEDGER_<BACKEND>_URL says where another one is.
            --keep leaves the servers running.",
    run: run_words,
};

/// Where the suite writes how each case ended: libtest knows no test that does not apply.
const REPORT: &str = "GENLEDGER_CONFORMANCE_REPORT";

/// How many tests libtest runs at the same time.
const THREADS: &str = "RUST_TEST_THREADS";

/// What is to be tested.
#[derive(Debug)]
struct Plan {
    /// All of it, or a part of the backends.
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
    let (fleet, built) = prepare(plan, &wanted);
    let fleet = fleet?;
    built?;

    let mut summary = Summary::default();
    let mut reader = libtest::Reader::default();
    let report = std::env::temp_dir().join(format!("genledger-report-{}", std::process::id()));
    let status = fleet.run(
        cargo_test(plan, &["--no-fail-fast"], &plan.extra).env(REPORT, &report),
        Some(&mut |line| {
            println!("{line}");
            if let Some((name, outcome)) = reader.line(line) {
                summary.count(&name, outcome);
            }
        }),
    )?;

    // There is none when no case ended, which is seen below.
    summary.report(
        &std::fs::read_to_string(&report).unwrap_or_default(),
        &wanted,
    );
    drop(std::fs::remove_file(&report));
    if plan.keep {
        let folder = fleet.release()?;
        eprintln!(
            "xtask: the servers go on running: {0}/env, {0}/stop",
            folder.display()
        );
    }
    let mut problems = Vec::new();
    if !status.success() {
        problems.push(format!("cargo test ended with {status}"));
    }
    // A run that names tests is to show those only.
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
    // It says the most in the fewest lines, so it is what remains on the screen.
    print!("{}", summary.table(&wanted));
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Error::told())
    }
}

/// Installs and starts the servers while the tests are built: the one waits for the network and
/// the disk, the other for the processor.
fn prepare(plan: &Plan, wanted: &[Backend]) -> (Result<Fleet>, Result<()>) {
    std::thread::scope(|scope| {
        let fleet = scope.spawn(|| Fleet::start(wanted, Purpose::Tests, None));
        let extra: Vec<String> = plan
            .extra
            .iter()
            .take_while(|word| *word != "--")
            .cloned()
            .collect();
        let built = process::run(&mut cargo_test(plan, &["--no-run"], &extra));
        let fleet = fleet
            .join()
            .unwrap_or_else(|_| Err(Error::new("a thread panicked")));
        (fleet, built)
    })
}

/// `cargo test` for what is to be tested.
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
