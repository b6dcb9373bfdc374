//! Runs one case with its own runtime, databases and timeout.

use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio::runtime::Builder;

use crate::case::{ALL, BODIES};
use crate::databases::Databases;
use crate::harness::{Applicable, Harness, NotApplicable};

/// The longest time that a case may take, so that one that hangs fails.
const CASE_TIMEOUT: Duration = Duration::from_secs(240);

/// The name of a file to which one line is added for each case: its path, `passed` or the reason why it does
/// not apply, and its milliseconds, separated by tabs.
const REPORT: &str = "GENLEDGER_CONFORMANCE_REPORT";

/// Runs a case and panics if it fails. A case that does not apply passes and is reported on standard error,
/// also when the output of passing tests is not shown.
///
/// `module` is the path of the test's module, `index` the position of the case in the table of all.
pub fn run<H: Harness>(harness: H, module: &str, index: usize) {
    let begun = Instant::now();
    // The first part is the name of the test's crate.
    let module = module.split_once("::").map_or(module, |(_, module)| module);
    let path = &format!("{module}::{}", ALL[index].name);
    if let Err(reason) = harness.wanted() {
        return report(path, Err(reason), begun);
    }
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let databases = Databases::new(Arc::new(harness));
    let case = BODIES[index];
    let outcome = runtime.block_on(async {
        let case = tokio::time::timeout(CASE_TIMEOUT, case(&databases));
        let outcome = AssertUnwindSafe(case).catch_unwind().await;
        databases.close().await;
        outcome
    });
    // Guards may connect to their server when they are dropped.
    let context = runtime.enter();
    drop(databases);
    drop(context);
    runtime.shutdown_timeout(Duration::from_secs(5));
    match outcome {
        Ok(Ok(outcome)) => report(path, outcome, begun),
        Ok(Err(_)) => panic!("the case did not end within {CASE_TIMEOUT:?}"),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Reports that a test beside the suite does not apply, as the suite does for its cases: on standard error,
/// and in the report if there is one.
///
/// # Panics
/// When the report cannot be written.
pub fn report_not_applicable(path: &str, reason: NotApplicable) {
    report(path, Err(reason), Instant::now());
}

fn report(path: &str, outcome: Applicable<()>, begun: Instant) {
    let text = match outcome {
        Ok(()) => "passed".to_owned(),
        Err(reason) => {
            let line = format!("{path} ... {reason}\n");
            // Not with eprintln!, which the test runner would swallow.
            drop(std::io::stderr().write_all(line.as_bytes()));
            reason.to_string()
        }
    };
    if let Some(file) = std::env::var_os(REPORT) {
        let line = format!("{path}\t{text}\t{}\n", begun.elapsed().as_millis());
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(file)
            .expect("the report cannot be opened");
        file.write_all(line.as_bytes())
            .expect("the report cannot be written");
    }
}
