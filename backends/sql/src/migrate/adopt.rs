//! Adopts tables that another program created: brings each to the form of its description, without losing a
//! row.
//!
//! Every unit of work reads the catalog or is bounded by a batch of rows, is committed by itself, and can be repeated: an
//! interrupted adoption begins again and finds what is left. The history has a record of a complete one, so that the
//! rows of an adopted table are not read again by each start of a service.
//!
//! Elsewhere than on SQLite, each unit acquires the lease of migrations first.

mod batch;
mod checks;
mod columns;
mod corrections;
mod findings;
mod found;
mod indexes;
mod key;
mod keys;
mod locked;
mod mysql;
mod names;
mod note;
mod postgres;
mod rebuild;
mod report;
mod rules;
mod side;
mod unit;

use std::sync::Arc;

use genledger_contract::schema::{Adoption, MigrationReport};
use genledger_contract::{Error, ErrorKind, MigrationSet, Result};

use super::lease::LeaseGuard;
use super::task::{Task, failed};
use crate::dialect::Family;
use crate::executor::Executor;
use batch::Which;
use corrections::Part;
use found::Found;
use rebuild::Form;
use unit::{Change, Units};

/// How often the rows and the columns of a table are tried, while another program still inserts rows that the
/// description does not permit.
const ATTEMPTS: u32 = 40;

/// Adopts the tables of the sets.
pub(super) async fn run<X: Executor>(
    executor: &Arc<X>,
    task: &Task,
    report: &mut MigrationReport,
) -> Result<()> {
    for set in &*task.sets {
        for adoption in set.adoptions {
            let name = |error| failed(set.name, &format!("adopt {}", adoption.table.name), error);
            adopt(executor, task, set, adoption, report)
                .await
                .map_err(name)?;
        }
    }
    Ok(())
}

async fn adopt<X: Executor>(
    executor: &Arc<X>,
    task: &Task,
    set: &MigrationSet,
    adoption: &'static Adoption,
    report: &mut MigrationReport,
) -> Result<()> {
    if !std::ptr::eq(task.dialect.place(adoption.table), adoption.table) {
        return Err(Error::invalid(
            "a table of the layout of the store cannot be adopted",
        ));
    }
    let looking = Units::new(executor, task, set, adoption, None);
    let Some(found) = looking.look().await? else {
        return Ok(());
    };
    let is_adopted = found.is_adopted(task.dialect, adoption)
        && keys::swap(task.dialect, adoption, &found).is_none()
        && indexes::statements(task.dialect, adoption, &found).is_empty();
    if !is_adopted || !looking.is_noted().await? {
        if task.dialect.family() == Family::Sqlite {
            Steps(looking.clone()).run(report).await?;
        } else {
            let guard = LeaseGuard::new(executor);
            let owner = guard.owner();
            let units = Units::new(executor, task, set, adoption, Some(owner));
            guard.during_renewed(Steps(units).run(report)).await?;
        }
    }
    looking.report(report).await
}

/// Why a change was not made.
enum Refused {
    /// A row violates it, which another program may have inserted since the last repair.
    ByRow(Error),
    /// Another attempt would fail as well.
    Finally(Error),
}

impl Refused {
    /// The reason, when nothing was locked.
    fn of(error: Error) -> Self {
        match error.kind() {
            ErrorKind::Invalid | ErrorKind::Other | ErrorKind::UniqueViolation => {
                Self::ByRow(error)
            }
            _ => Self::Finally(error),
        }
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Finally(error)
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        let (Refused::ByRow(error) | Refused::Finally(error)) = refused;
        error
    }
}

/// The steps of one adoption.
struct Steps<X: Executor>(Units<X>);

impl<X: Executor> Steps<X> {
    async fn run(&self, report: &mut MigrationReport) -> Result<()> {
        let outcome = self.all(report).await;
        let released = self.0.release().await;
        outcome?;
        released
    }

    async fn all(&self, report: &mut MigrationReport) -> Result<()> {
        let units = &self.0;
        units.prepare().await?;
        let found = self.found().await?;
        found.check(units.dialect(), units.adoption)?;
        units.note_start().await?;
        units.create_findings().await?;
        self.times(report).await?;
        let found = self.found().await?;
        let columns = columns::statements(units.dialect(), units.adoption, &found);
        self.apply("columns", columns, Part::Times, report).await?;
        let found = self.found().await?;
        units.create_side_table(&found).await?;
        self.keys(report).await?;
        self.rows_and_form(report).await?;
        let found = self.found().await?;
        let indexes = indexes::statements(units.dialect(), units.adoption, &found);
        self.apply("indexes", indexes, Part::All, report).await?;
        // What was inserted meanwhile may have a time in another unit, which no CHECK refuses.
        self.rows(Part::All, Which::All, report).await?;
        let found = self.found().await?;
        found.finished(units.dialect(), units.adoption)?;
        units.note_end().await
    }

    /// Replaces unique keys. Where no key kept live rows apart, the older ones of equal rows become deleted first.
    async fn keys(&self, report: &mut MigrationReport) -> Result<()> {
        let units = &self.0;
        let mut attempt = 1;
        loop {
            let found = self.found().await?;
            let change = keys::swap(units.dialect(), units.adoption, &found);
            let swapped = match change {
                None => Ok(()),
                Some(change) => {
                    let swapped = self.change(change, Part::Times, report).await;
                    if swapped.is_ok() {
                        self.applied("keys", report);
                    }
                    swapped
                }
            };
            match swapped {
                Err(Refused::ByRow(error))
                    if attempt < ATTEMPTS && error.kind() == ErrorKind::UniqueViolation =>
                {
                    repair(report, units.older_live_rows(&found).await?);
                    attempt += 1;
                }
                Err(refused) => return Err(refused.into()),
                Ok(()) => break,
            }
        }
        let found = self.found().await?;
        if units.dialect().family() == Family::Sqlite
            && rebuild::needs_loose(units.adoption, &found)
        {
            units.rebuild(&found, Form::Found).await?;
            self.applied("keys", report);
        }
        Ok(())
    }

    /// The times of all rows, before anything copies the table: `MySQL` refuses to copy dates of zero.
    async fn times(&self, report: &mut MigrationReport) -> Result<()> {
        if self.0.dialect().family() == Family::MySql {
            self.rows(Part::Times, Which::All, report).await?;
        }
        Ok(())
    }

    async fn rows_and_form(&self, report: &mut MigrationReport) -> Result<()> {
        let (mut attempt, mut which) = (1, Which::All);
        loop {
            self.rows(Part::All, which, report).await?;
            match self.form(report).await {
                // Another program inserted a row meanwhile that the description does not permit.
                Err(Refused::ByRow(_)) if attempt < ATTEMPTS => attempt += 1,
                outcome => return Ok(outcome?),
            }
            which = Which::Broken;
        }
    }

    /// Repairs rows.
    async fn rows(&self, part: Part, which: Which, report: &mut MigrationReport) -> Result<()> {
        let found = self.found().await?;
        let older = match part {
            Part::Times => 0,
            Part::All => self.0.older_live_rows(&found).await?,
        };
        let repaired = self.0.rows(&found, part, which).await?;
        repair(report, older.saturating_add(repaired));
        Ok(())
    }

    /// The types, defaults and constraints of the columns.
    async fn form(&self, report: &mut MigrationReport) -> Result<(), Refused> {
        let (dialect, adoption) = (self.0.dialect(), self.0.adoption);
        let found = self.found().await?;
        let statements = match dialect.family() {
            Family::Sqlite => {
                if found.needs_form(dialect, adoption) {
                    let rebuilt = self.0.rebuild(&found, Form::Described).await;
                    rebuilt.map_err(Refused::of)?;
                    self.applied("form", report);
                }
                return Ok(());
            }
            Family::Postgres => postgres::form(dialect, adoption, &found),
            Family::MySql => mysql::form(dialect, adoption, &found),
        };
        self.apply("form", statements, Part::All, report).await
    }

    async fn apply(
        &self,
        step: &str,
        statements: Vec<Change>,
        part: Part,
        report: &mut MigrationReport,
    ) -> Result<(), Refused> {
        if statements.is_empty() {
            return Ok(());
        }
        for statement in statements {
            self.change(statement, part, report).await?;
        }
        self.applied(step, report);
        Ok(())
    }

    /// Makes a change that rows may violate. `MySQL` copies the table for it, and refuses a row that another program has
    /// inserted since the last repair. Then the table is locked for what is left to repair and for the change. It is not
    /// locked at once, since other programs can read the table during a change alone.
    async fn change(
        &self,
        change: Change,
        part: Part,
        report: &mut MigrationReport,
    ) -> Result<(), Refused> {
        let refused = match self.0.change(change.clone()).await {
            Ok(()) => return Ok(()),
            Err(error) => Refused::of(error),
        };
        let (Refused::ByRow(_), Change::Together(statements), Family::MySql) =
            (&refused, &change, self.0.dialect().family())
        else {
            return Err(refused);
        };
        // Most of it next to the other program.
        self.rows(part, Which::Broken, report).await?;
        let found = self.found().await?;
        match self.0.change_locked(&found, part, statements).await {
            Ok(rows) => {
                repair(report, rows);
                Ok(())
            }
            // Without the right to lock tables.
            Err(error) if error.kind() == ErrorKind::Denied => Err(refused),
            Err(error) => Err(error.into()),
        }
    }

    fn applied(&self, step: &str, report: &mut MigrationReport) {
        let units = &self.0;
        let name = format!("{}/adopt {}: {step}", units.set, units.adoption.table.name);
        if !report.applied.contains(&name) {
            report.applied.push(name);
        }
    }

    async fn found(&self) -> Result<Found> {
        self.0.look().await?.ok_or_else(|| {
            Error::new(ErrorKind::Schema, "the table was removed meanwhile")
                .with_table(self.0.adoption.table.name)
        })
    }
}

/// Counts repaired rows.
const fn repair(report: &mut MigrationReport, rows: u64) {
    report.repaired = report.repaired.saturating_add(rows);
}
