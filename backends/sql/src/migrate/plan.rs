//! What is to be done, which is found out by reading alone.

use genledger_contract::schema::{Difference, Script, Severity};
use genledger_contract::table::TableDef;
use genledger_contract::{Entity, Error, ErrorKind, MigrationSet, Result};

use super::Task;
use super::history::{History, Noted, State};
use crate::connection::Connection;
use crate::dialect::Dialect;
use crate::verify::compare;

/// The steps that are to be taken, in order.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    /// What would break a statement on a table that no step is about.
    broken: Vec<Difference>,
}

/// One step.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// The set.
    pub(super) set: &'static str,
    pub(super) what: What,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    /// Run a script. Whether the same script was cut short before.
    Script(&'static Script, State),
    /// Make a table as it is described, after which these scripts are not needed.
    Table(&'static TableDef, Vec<&'static Script>),
    /// Note that a script is not needed, since the table that it changes is gone.
    Skip(&'static Script),
}

impl Plan {
    pub(super) async fn of(
        connection: &mut dyn Connection,
        dialect: &'static Dialect,
        task: &Task,
    ) -> Result<Self> {
        let mut plan = Self::default();
        let history = if exists(connection, task, Noted::TABLE).await? {
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
        let push = |steps: &mut Vec<Step>, what| {
            steps.push(Step {
                set: set.name,
                what,
            });
        };
        let nothing_to_run = pending.is_empty();
        if !set.is_described() {
            for (script, state) in pending {
                push(&mut self.steps, What::Script(script, state));
            }
            if nothing_to_run {
                self.missing(connection, task, set).await?;
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
                    push(&mut self.steps, What::Table(table, covered));
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
            let what = if there {
                What::Script(script, state)
            } else {
                What::Skip(script)
            };
            push(&mut self.steps, what);
        }
        Ok(())
    }

    /// Notes the tables that the scripts of a set should have made.
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

    /// Whether the tables that are there are those that are described.
    ///
    /// # Errors
    /// [`Schema`](ErrorKind::Schema) with the first difference.
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

    /// Whether nothing is left to do after everything was done.
    ///
    /// # Errors
    /// [`Schema`](ErrorKind::Schema) with the first step that had no effect, or as
    /// [`check`](Self::check).
    pub(super) fn finished(&self) -> Result<()> {
        match self.steps.first() {
            None => self.check(),
            Some(step) => Err(Error::new(
                ErrorKind::Schema,
                format!("{} was done and is not there", step.name()),
            )),
        }
    }
}

impl Step {
    /// The set and the step, as the report has them.
    pub(super) fn name(&self) -> String {
        let name = match &self.what {
            What::Script(script, _) | What::Skip(script) => script.name,
            What::Table(table, _) => table.name,
        };
        format!("{}/{name}", self.set)
    }
}

async fn exists(connection: &mut dyn Connection, task: &Task, table: &TableDef) -> Result<bool> {
    let found = task.schema.introspect(connection, table).await?;
    Ok(found.is_some())
}

/// A table of which only the name is known.
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
        append_only: false,
    }
}
