//! The backends that a run of tests includes.

use genledger_conformance::{Applicable, NotApplicable, report_not_applicable};

/// Whether the run includes a backend: `GENLEDGER_ONLY` names it, or is not set.
pub fn wanted(backend: &str) -> Applicable<()> {
    match std::env::var("GENLEDGER_ONLY") {
        Ok(only) if !only.split(',').any(|name| name.trim() == backend) => {
            Err(NotApplicable("GENLEDGER_ONLY names other backends"))
        }
        _ => Ok(()),
    }
}

/// The same for a test: reports the reason if the test is not run.
#[must_use]
pub fn is_wanted(backend: &str) -> bool {
    is_applicable(wanted(backend))
}

/// Whether a test is to be run; reports the reason if it is not.
#[must_use]
pub fn is_applicable(applicable: Applicable<()>) -> bool {
    if let Err(reason) = applicable {
        // The thread has the name of the test.
        let thread = std::thread::current();
        report_not_applicable(thread.name().unwrap_or("a test"), reason);
    }
    applicable.is_ok()
}
