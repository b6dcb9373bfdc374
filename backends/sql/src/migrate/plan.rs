//! Plans the steps of a migration, which only reads the database.

use genledger_contract::schema::{Difference, Script, Severity};
use genledger_contract::table::TableDef;
use genledger_contract::{Entity, Error, ErrorKind, MigrationSet, Result};

use super::history::{History, ScriptRecord, State};
use super::task::Task;
use crate::connection::Connection;
use crate::dialect::Dialect;
use crate::partition::Table;
use crate::verify::compare;

/// The steps to run, in order.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    /// Differences that would break a statement, on tables without a step.
    broken: Vec<Difference>,
}

/// One step.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// The set.
    pub(super) set: &'static str,
    pub(super) kind: StepKind,
}

#[derive(Clone, Debug)]
pub(super) enum StepKind {
    /// Run a script, with its recorded state.
    Script(&'static Script, State),
    /// Create a table from its description, which makes these scripts unnecessary.
    Table(&'static TableDef, Vec<&'static Script>),
    /// Partition a table without rows, which scripts create without partitions.
    Partition(&'static TableDef),
    /// Record that a script is unnecessary, since the table that it changes no longer exists.
    Skip(&'static Script),
}

impl Plan {
    pub(super) async fn of(
        connection: &mut dyn Connection,
        dialect: &'static Dialect,
        task: &Task,
    ) -> Result<Self> {
        let mut plan = Self::default();
        let history = if exists(connection, task, ScriptRecord::TABLE).await? {
            History::read(connection, dialect).await?
        } else {
            History::default()
        };
        for set in &*task.sets {
            let mut pending = Vec::new();
            for script in set.scripts_of(dialect.name())? {
                let state = history.state(set.name, script)?;
                if state != State::Done {
                    pending.push((script, state));
                }
            }
            plan.set(connection, dialect, task, set, pending).await?;
        }
        Ok(plan)
    }

    async fn set(
        &mut self,
        connection: &mut dyn Connection,
        dialect: &'static Dialect,
        task: &Task,
        set: &MigrationSet,
        mut pending: Vec<(&'static Script, State)>,
    ) -> Result<()> {
        let push = |steps: &mut Vec<Step>, kind| {
            steps.push(Step {
                set: set.name,
                kind,
            });
        };
        let nothing_to_run = pending.is_empty();
        if !set.is_described() {
            for (script, state) in pending {
                push(&mut self.steps, StepKind::Script(script, state));
            }
            if nothing_to_run {
                self.missing(connection, task, set).await?;
            }
            for &table in set.tables {
                let placed = dialect.place(table);
                if placed.partitioned_by.is_some()
                    && needs_partitions(connection, dialect, task, placed).await?
                {
                    push(&mut self.steps, StepKind::Partition(table));
                }
            }
            return Ok(());
        }
        for &table in set.tables {
            let placed = dialect.place(table);
            match task.schema.introspect(connection, placed).await? {
                None => {
                    let of_table = |script: &Script| script.changes == Some(table.name);
                    let covered = pending.iter().map(|(script, _)| *script);
                    let covered = covered.filter(|script| of_table(script)).collect();
                    pending.retain(|(script, _)| !of_table(script));
                    push(&mut self.steps, StepKind::Table(table, covered));
                }
                Some(found) => {
                    let waits = |(script, _): &(&Script, State)| script.changes == Some(table.name);
                    if !pending.iter().any(waits) {
                        let all = compare::compare(dialect, table, Some(&found));
                        let breaks = |one: &Difference| one.severity == Severity::Breaks;
                        self.broken.extend(all.into_iter().filter(breaks));
                    }
                }
            }
        }
        for (script, state) in pending {
            let there = match script.changes {
                Some(name) if !set.tables.iter().any(|table| table.name == name) => {
                    exists(connection, task, &named(name)).await?
                }
                _ => true,
            };
            let kind = if there {
                StepKind::Script(script, state)
            } else {
                StepKind::Skip(script)
            };
            push(&mut self.steps, kind);
        }
        Ok(())
    }

    /// Adds the missing tables that the scripts of a set should have created.
    async fn missing(
        &mut self,
        connection: &mut dyn Connection,
        task: &Task,
        set: &MigrationSet,
    ) -> Result<()> {
        for &table in set.tables {
            if !exists(connection, task, table).await? {
                self.broken.push(Difference {
                    table: table.name.to_owned(),
                    item: String::new(),
                    severity: Severity::Breaks,
                    expected: "the table".to_owned(),
                    found: "no such table".to_owned(),
                });
            }
        }
        Ok(())
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Checks that the existing tables match their descriptions.
    ///
    /// # Errors
    /// Returns [`Schema`](ErrorKind::Schema) with the first difference.
    pub(super) fn check(&self) -> Result<()> {
        match self.broken.first() {
            None => Ok(()),
            Some(first) => Err(Error::new(
                ErrorKind::Schema,
                format!("a table is not as its migration set describes it: {first}"),
            )
            .with_table(first.table.clone())),
        }
    }

    /// Checks that no step is left after all were run.
    ///
    /// # Errors
    /// Returns [`Schema`](ErrorKind::Schema) with the first step that had no effect, and the errors of
    /// [`check`](Self::check).
    pub(super) fn finished(&self) -> Result<()> {
        match self.steps.first() {
            None => self.check(),
            Some(step) => Err(Error::new(
                ErrorKind::Schema,
                format!(
                    "{} was run, but its result is not in the database",
                    step.name()
                ),
            )),
        }
    }
}

impl Step {
    /// The set and the step, as in the report.
    pub(super) fn name(&self) -> String {
        let name = match &self.kind {
            StepKind::Script(script, _) | StepKind::Skip(script) => script.name,
            StepKind::Table(table, _) | StepKind::Partition(table) => table.name,
        };
        format!("{}/{name}", self.set)
    }
}

/// Whether a table that is to be partitioned is missing, or exists without partitions and rows. One with rows is left
/// as it is.
async fn needs_partitions(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    task: &Task,
    table: &'static TableDef,
) -> Result<bool> {
    let found = task.schema.introspect(connection, table).await?;
    match found {
        None => Ok(true),
        Some(found) if found.partitioned_by.is_some() => Ok(false),
        Some(_) => Ok(!Table::new(connection, dialect, table)?.has_rows().await?),
    }
}

async fn exists(connection: &mut dyn Connection, task: &Task, table: &TableDef) -> Result<bool> {
    let found = task.schema.introspect(connection, table).await?;
    Ok(found.is_some())
}

/// A description with a name only.
const fn named(name: &'static str) -> TableDef {
    TableDef {
        name,
        schema: None,
        description: "",
        columns: &[],
        primary_key: &[],
        unique: &[],
        indexes: &[],
        soft_delete: None,
        version: None,
        append_only: false,
        partitioned_by: None,
    }
}
