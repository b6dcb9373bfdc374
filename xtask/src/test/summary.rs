//! The table at the end: the conformance cases of each backend.

use std::fmt::Write as _;

use super::libtest::Outcome;
use crate::backend::Backend;

/// How many tests ended how.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Counts {
    passed: usize,
    failed: usize,
    ignored: usize,
    not_applicable: usize,
}

impl Counts {
    fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Passed => self.passed += 1,
            Outcome::Failed => self.failed += 1,
            Outcome::Ignored => self.ignored += 1,
        }
    }

    const fn ran(self) -> usize {
        self.passed + self.failed
    }
}

/// The outcomes of a run.
#[derive(Debug, Default)]
pub(super) struct Summary {
    backends: [Counts; Backend::ALL.len()],
    others: Counts,
    failed: Vec<String>,
    not_applicable: Vec<String>,
}

impl Summary {
    /// Counts one test.
    pub(super) fn count(&mut self, name: &str, outcome: Outcome) {
        match backend_of(name) {
            Some(backend) => self.counts_mut(backend).add(outcome),
            None => self.others.add(outcome),
        }
        if outcome == Outcome::Failed {
            self.failed.push(name.to_owned());
        }
    }

    /// Reads the report of the suite, a line for each case that ended: those that do not apply are
    /// passed for libtest, and are told apart here.
    pub(super) fn report(&mut self, report: &str, wanted: &[Backend]) {
        for line in report.lines() {
            let mut parts = line.split('\t');
            let (Some(name), Some(words)) = (parts.next(), parts.next()) else {
                continue;
            };
            if words == "passed" {
                continue;
            }
            let backend = backend_of(name);
            let counts = match backend {
                Some(backend) => self.counts_mut(backend),
                None => &mut self.others,
            };
            counts.passed = counts.passed.saturating_sub(1);
            counts.not_applicable += 1;
            if backend.is_none_or(|backend| wanted.contains(&backend)) {
                self.not_applicable.push(format!("{name}: {words}"));
            }
        }
    }

    /// The table, what did not apply, and what failed.
    pub(super) fn table(&self, wanted: &[Backend]) -> String {
        let mut text =
            String::from("\nConformance cases     passed  failed  ignored  not applicable\n");
        let rows = Backend::ALL
            .into_iter()
            .map(|backend| (backend, self.counts(backend)))
            .filter(|(backend, counts)| {
                wanted.contains(backend) || counts.ran() + counts.ignored > 0
            })
            .map(|(backend, counts)| (backend.name(), counts));
        for (name, counts) in rows.chain([("(every other test)", self.others)]) {
            let Counts {
                passed,
                failed,
                ignored,
                not_applicable,
            } = counts;
            // Writing to a string does not fail.
            let _infallible = writeln!(
                text,
                "  {name:<18}{passed:>8}{failed:>8}{ignored:>9}{not_applicable:>16}"
            );
        }
        for line in &self.not_applicable {
            let _infallible = writeln!(text, "  {line}");
        }
        for name in &self.failed {
            let _infallible = writeln!(text, "FAILED {name}");
        }
        text
    }

    /// A sentence for each wanted backend of which nothing ran: that is a failure, not a pass.
    pub(super) fn missing(&self, wanted: &[Backend]) -> Vec<String> {
        wanted
            .iter()
            .filter(|backend| self.counts(**backend).ran() == 0)
            .map(|backend| {
                let name = backend.name();
                format!("no conformance case ran on {name}: no test has backend_{name} in its path")
            })
            .collect()
    }

    fn counts(&self, backend: Backend) -> Counts {
        Backend::ALL
            .into_iter()
            .zip(self.backends)
            .find(|(other, _)| *other == backend)
            .map(|(_, counts)| counts)
            .unwrap_or_default()
    }

    fn counts_mut(&mut self, backend: Backend) -> &mut Counts {
        let index = Backend::ALL
            .iter()
            .position(|other| *other == backend)
            .unwrap_or_default();
        &mut self.backends[index]
    }
}

/// The backend in the path of a test: `backend_mysql::` or a variant like `backend_mysql_unlocked::`.
fn backend_of(name: &str) -> Option<Backend> {
    name.split("::").find_map(|segment| {
        let segment = segment.strip_prefix("backend_")?;
        Backend::ALL.into_iter().find(|backend| {
            segment
                .strip_prefix(backend.name())
                .is_some_and(|variant| variant.is_empty() || variant.starts_with('_'))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_count_for_their_backend() {
        let mut summary = Summary::default();
        summary.count("backend_mysql::money::adds", Outcome::Passed);
        summary.count("suite::backend_mysql_unlocked::adds", Outcome::Failed);
        summary.count("backend_mysqlish::adds", Outcome::Passed);
        summary.count("backend_postgres::adds", Outcome::Ignored);
        assert_eq!(
            summary.counts(Backend::Mysql),
            Counts {
                passed: 1,
                failed: 1,
                ..Counts::default()
            }
        );
        assert_eq!(summary.others.passed, 1);
        let table = summary.table(&[Backend::Mysql]);
        assert!(
            table.contains("postgres") && !table.contains("memory"),
            "{table}"
        );
        assert!(
            table.contains("FAILED suite::backend_mysql_unlocked::adds"),
            "{table}"
        );
        // What was ignored did not run, nor did what does not apply.
        summary.count("backend_memory::denied", Outcome::Passed);
        let report = "backend_memory::denied\tnot applicable: no passwords\t3\nx\tpassed\t1\n";
        summary.report(report, &[Backend::Memory]);
        assert_eq!(summary.counts(Backend::Memory).not_applicable, 1);
        assert_eq!(summary.missing(&[Backend::Memory]).len(), 1);
        assert!(
            summary
                .table(&[Backend::Memory])
                .contains("denied: not applicable: no passwords")
        );
        let missing = summary.missing(&[Backend::Postgres, Backend::Mysql]);
        assert_eq!(missing.len(), 1);
        assert!(missing[0].contains("postgres"));
    }
}
