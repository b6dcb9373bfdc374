//! Collects the differences of a table.

use genledger_contract::schema::{Difference, Severity};

/// The differences of a table.
pub(super) struct Differences {
    pub(super) table: &'static str,
    pub(super) found: Vec<Difference>,
}

impl Differences {
    /// Adds a difference that breaks a statement.
    pub(super) fn add(
        &mut self,
        item: &str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        self.push(Severity::Breaks, item, expected, found);
    }

    pub(super) fn push(
        &mut self,
        severity: Severity,
        item: &str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        self.found.push(Difference {
            table: self.table.to_owned(),
            item: item.to_owned(),
            severity,
            expected: expected.into(),
            found: found.into(),
        });
    }
}
