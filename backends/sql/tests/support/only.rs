//! Which backends a run of tests was asked for.

use genledger_conformance::{Applicable, NotApplicable};

/// Whether the run was asked for a backend.
pub(crate) fn wanted(backend: &str) -> Applicable<()> {
    match std::env::var("GENLEDGER_ONLY") {
        Ok(only) if !only.split(',').any(|name| name.trim() == backend) => {
            Err(NotApplicable("GENLEDGER_ONLY names other backends"))
        }
        _ => Ok(()),
    }
}
