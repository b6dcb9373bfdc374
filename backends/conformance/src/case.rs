//! The cases as data, for documentation and reports.

use std::fmt::Write;
use std::future::Future;
use std::pin::Pin;

use crate::databases::Databases;
use crate::harness::Applicable;

/// A case of the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Case {
    /// Its topic: the module of its test.
    pub topic: &'static str,
    /// Its name: that of its test.
    pub name: &'static str,
    /// The behaviour that a backend guarantees by passing it.
    pub promise: &'static str,
}

/// The function that runs a case.
pub(crate) type Body =
    for<'a> fn(&'a Databases) -> Pin<Box<dyn Future<Output = Applicable<()>> + 'a>>;

/// The result of a case: nothing, or that it does not apply.
trait CaseResult {
    fn into_applicable(self) -> Applicable<()>;
}

impl CaseResult for () {
    fn into_applicable(self) -> Applicable<()> {
        Ok(())
    }
}

impl CaseResult for Applicable<()> {
    fn into_applicable(self) -> Applicable<()> {
        self
    }
}

include!(concat!(env!("OUT_DIR"), "/cases.rs"));

/// All cases, by topic.
#[must_use]
pub fn cases() -> &'static [Case] {
    ALL
}

/// All cases as a Markdown table.
#[must_use]
pub fn cases_as_markdown() -> String {
    let mut table = String::from("| case | promise |\n|---|---|\n");
    for case in ALL {
        // Writing to a String cannot fail.
        let _ = writeln!(
            table,
            "| `{}::{}` | {} |",
            case.topic, case.name, case.promise
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{cases, cases_as_markdown};

    #[test]
    fn every_case_has_a_path_of_its_own_and_promises_a_sentence() {
        let mut paths = HashSet::new();
        for case in cases() {
            assert!(paths.insert((case.topic, case.name)), "{case:?}");
            assert!(case.promise.ends_with('.'), "{case:?}");
        }
        assert_eq!(cases_as_markdown().lines().count(), cases().len() + 2);
    }
}
