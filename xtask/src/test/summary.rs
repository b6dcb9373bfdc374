//! The table at the end: the tests of each backend, and of each of its variants.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::libtest::Outcome;
use crate::backend::Backend;

/// The number of tests by outcome.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Counts {
    passed: usize,
    not_applicable: usize,
    failed: usize,
    ignored: usize,
}

impl Counts {
    fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Passed => self.passed += 1,
            Outcome::Failed => self.failed += 1,
            Outcome::Ignored => self.ignored += 1,
        }
    }
}

/// A row of the table: a backend and its variant (`unlocked`); tests without a
/// backend come last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    /// The index of the backend in the list of all.
    place: usize,
    variant: String,
}

impl Row {
    fn new(backend: Backend, variant: &str) -> Self {
        Self {
            place: place(backend),
            variant: variant.to_owned(),
        }
    }

    /// The row of a test, by its path: `backend_mysql::` or `backend_mysql_unlocked::`.
    fn of(test: &str) -> Self {
        let found = test.split("::").find_map(|segment| {
            let segment = segment.strip_prefix("backend_")?;
            Backend::ALL.into_iter().find_map(|backend| {
                let variant = segment.strip_prefix(backend.name())?;
                match variant.strip_prefix('_') {
                    Some(variant) => Some(Self::new(backend, variant)),
                    None => variant.is_empty().then(|| Self::new(backend, "")),
                }
            })
        });
        found.unwrap_or_else(|| Self {
            place: Backend::ALL.len(),
            variant: String::new(),
        })
    }

    fn backend(&self) -> Option<Backend> {
        Backend::ALL.get(self.place).copied()
    }

    fn title(&self) -> String {
        let Some(backend) = self.backend() else {
            return String::from("(other tests)");
        };
        match self.variant.as_str() {
            "" => backend.name().to_owned(),
            "unlocked" => format!("{} without locks", backend.name()),
            "routed" => format!("{} over two stores", backend.name()),
            "pgbouncer" => format!("{} behind PgBouncer", backend.name()),
            other => format!("{} {other}", backend.name()),
        }
    }
}

fn place(backend: Backend) -> usize {
    Backend::ALL
        .iter()
        .position(|other| *other == backend)
        .unwrap_or_default()
}

/// The variants in which the suite must run on a backend.
fn variants(backend: Backend) -> &'static [&'static str] {
    match backend {
        Backend::Memory => &["", "routed"],
        Backend::Sqlite => &[""],
        Backend::Postgres => &["", "unlocked", "pgbouncer"],
        Backend::Mariadb | Backend::Mysql => &["", "unlocked"],
    }
}

/// The rows that are always in the table.
fn expected(wanted: &[Backend]) -> impl Iterator<Item = Row> {
    wanted.iter().flat_map(|backend| {
        let rows = variants(*backend).iter();
        rows.map(|variant| Row::new(*backend, variant))
    })
}

/// The outcomes of a run.
#[derive(Debug, Default)]
pub(super) struct Summary {
    rows: BTreeMap<Row, Counts>,
    failed: Vec<String>,
    not_applicable: Vec<String>,
}

impl Summary {
    /// Counts one test.
    pub(super) fn count(&mut self, name: &str, outcome: Outcome) {
        self.rows.entry(Row::of(name)).or_default().add(outcome);
        if outcome == Outcome::Failed {
            self.failed.push(name.to_owned());
        }
    }

    /// Reads the report of the suite, a line for each case that ended: for libtest, cases that do not apply
    /// have passed; here they are counted separately.
    pub(super) fn report(&mut self, report: &str, wanted: &[Backend]) {
        for line in report.lines() {
            let mut parts = line.split('\t');
            let (Some(name), Some(words)) = (parts.next(), parts.next()) else {
                continue;
            };
            if words == "passed" {
                continue;
            }
            let row = Row::of(name);
            let backend = row.backend();
            let counts = self.rows.entry(row).or_default();
            counts.passed = counts.passed.saturating_sub(1);
            counts.not_applicable += 1;
            if backend.is_none_or(|backend| wanted.contains(&backend)) {
                self.not_applicable.push(format!("{name}: {words}"));
            }
        }
    }

    /// The tests that did not apply or failed, a line for each.
    pub(super) fn remarks(&self) -> String {
        let not_applicable = self.not_applicable.iter().map(|line| format!("  {line}\n"));
        let failed = self.failed.iter().map(|name| format!("FAILED {name}\n"));
        not_applicable.chain(failed).collect()
    }

    /// The table.
    pub(super) fn table(&self, wanted: &[Backend]) -> String {
        let mut text = format!(
            "\n{:<30}{:>8}{:>16}{:>8}{:>9}\n",
            "Tests", "passed", "not applicable", "failed", "ignored"
        );
        let none = |row| (row, Counts::default());
        let mut rows: BTreeMap<Row, Counts> = expected(wanted).map(none).collect();
        // For a backend that was not selected, every test reports "not applicable".
        let others = self.rows.iter().filter(|(row, counts)| {
            rows.contains_key(row)
                || row
                    .backend()
                    .is_none_or(|backend| wanted.contains(&backend))
                || counts.passed + counts.failed > 0
        });
        rows.extend(
            others
                .map(|(row, counts)| (row.clone(), *counts))
                .collect::<Vec<_>>(),
        );
        for (row, counts) in rows {
            let Counts {
                passed,
                not_applicable,
                failed,
                ignored,
            } = counts;
            // Writing to a string does not fail.
            let _infallible = writeln!(
                text,
                "  {:<28}{passed:>8}{not_applicable:>16}{failed:>8}{ignored:>9}",
                row.title()
            );
        }
        text
    }

    /// A sentence for each selected backend and variant without a test that ran: that is a
    /// failure.
    pub(super) fn missing(&self, wanted: &[Backend]) -> Vec<String> {
        expected(wanted)
            .filter(|row| self.counts(row).passed + self.counts(row).failed == 0)
            .map(|row| format!("no test ran on {}", row.title()))
            .collect()
    }

    fn counts(&self, row: &Row) -> Counts {
        self.rows.get(row).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variant_of_a_backend_has_a_row() {
        let mut summary = Summary::default();
        summary.count("backend_mysql::money::adds", Outcome::Passed);
        summary.count("suite::backend_mysql_unlocked::adds", Outcome::Failed);
        summary.count("backend_mysqlish::adds", Outcome::Passed);
        summary.count("backend_postgres_pgbouncer::adds", Outcome::Passed);
        summary.count("backend_sqlite::adds", Outcome::Ignored);
        let table = summary.table(&[Backend::Mysql, Backend::Postgres]);
        let rows: Vec<String> = table
            .lines()
            .skip(2)
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        let expected = [
            "postgres 0 0 0 0",
            "postgres behind PgBouncer 1 0 0 0",
            "postgres without locks 0 0 0 0",
            "mysql 1 0 0 0",
            "mysql without locks 0 0 1 0",
            "(other tests) 1 0 0 0",
        ];
        assert_eq!(rows, expected, "{table}");
        assert_eq!(
            summary.remarks(),
            "FAILED suite::backend_mysql_unlocked::adds\n"
        );
        assert_eq!(
            summary.missing(&[Backend::Mysql, Backend::Postgres]),
            [
                "no test ran on postgres",
                "no test ran on postgres without locks"
            ]
        );
    }

    #[test]
    fn what_does_not_apply_did_not_run() {
        let mut summary = Summary::default();
        for name in ["backend_memory::denied", "backend_sqlite::denied"] {
            summary.count(name, Outcome::Passed);
        }
        let report = "backend_memory::denied\tnot applicable: no passwords\t3\n\
                      backend_sqlite::denied\tnot applicable: not wanted\t3\nx\tpassed\t1\n";
        summary.report(report, &[Backend::Memory]);
        assert_eq!(
            summary.missing(&[Backend::Memory]),
            [
                "no test ran on memory",
                "no test ran on memory over two stores"
            ]
        );
        let remarks = "  backend_memory::denied: not applicable: no passwords\n";
        assert_eq!(summary.remarks(), remarks);
        let table = summary.table(&[Backend::Memory]);
        assert!(
            table.contains("memory") && !table.contains("sqlite"),
            "{table}"
        );
    }
}
