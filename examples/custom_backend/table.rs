//! Tables, and the statements on them.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use genledger_contract::row::{RowBatch, Rows, Value, ValueRef};
use genledger_contract::statement::{
    Action, Assignment, Claim, ClaimedRows, Direction, Duplicates, Insert, OrderBy, Predicate,
    Reply, Statement, Update, UpdateEach, UpdatedRows, Upsert,
};
use genledger_contract::table::{ColumnDef, TableDef};
use genledger_contract::{Error, ErrorKind, Result, RowOutcome};

use super::sums::add;

/// The values of a row by column name, so that programs may describe a table in different ways.
pub(super) type Row = Arc<BTreeMap<&'static str, Value>>;

/// Values in the order of the contract.
#[derive(Clone)]
pub(super) struct Key(pub(super) Vec<Value>);

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let pairs = self.0.iter().zip(&other.0);
        pairs.fold(Ordering::Equal, |order, (left, right)| {
            order.then_with(|| left.as_ref().order(right.as_ref()))
        })
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}

#[derive(Clone)]
pub(super) struct Table {
    pub(super) definition: &'static TableDef,
    pub(super) rows: BTreeMap<Key, Row>,
}

pub(super) type Tables = BTreeMap<&'static str, Arc<Table>>;

pub(super) fn value<'r>(table: &TableDef, row: &'r Row, column: usize) -> ValueRef<'r> {
    let stored = row.get(table.columns[column].name);
    stored.map_or(ValueRef::Null, Value::as_ref)
}

pub(super) fn key(row: &Row, names: &[&'static str]) -> Key {
    Key(names.iter().map(|name| row[name].clone()).collect())
}

fn refused(table: &TableDef, kind: ErrorKind, message: &'static str) -> Error {
    Error::new(kind, message).with_table(table.name)
}

pub(super) fn find<'t>(tables: &'t Tables, wanted: &TableDef) -> Result<&'t Arc<Table>> {
    let table = tables
        .get(wanted.name)
        .ok_or_else(|| refused(wanted, ErrorKind::Schema, "the table does not exist"))?;
    let known = |column: &&ColumnDef| table.definition.position(column.name).is_some();
    match wanted.columns.iter().find(|column| !known(column)) {
        None => Ok(table),
        Some(column) => Err(
            refused(wanted, ErrorKind::Schema, "the column does not exist")
                .with_column(column.name),
        ),
    }
}

/// Executes a statement that writes on a copy of the table, and replaces the table if it succeeds.
pub(super) fn change<T>(
    tables: &mut Tables,
    wanted: &'static TableDef,
    statement: impl FnOnce(&mut Table) -> Result<T>,
) -> Result<T> {
    let mut table = Table::clone(find(tables, wanted)?);
    let reply = statement(&mut table)?;
    table.check_unique()?;
    tables.insert(wanted.name, Arc::new(table));
    Ok(reply)
}

impl Table {
    fn check_unique(&self) -> Result<()> {
        for unique in self.definition.unique {
            let mut taken = BTreeSet::new();
            let deleted = self.definition.soft_delete.filter(|_| unique.live_only);
            for row in self.rows.values() {
                let values = key(row, unique.columns);
                let counts = deleted.is_none_or(|name| row[name] == Value::Bool(false))
                    && !values.0.contains(&Value::Null);
                if counts && !taken.insert(values) {
                    return Err(self.taken(unique.columns));
                }
            }
        }
        Ok(())
    }

    /// The error that the key with these columns is taken.
    fn taken(&self, key: &[&'static str]) -> Error {
        let error = Error::unique_violation().with_table(self.definition.name);
        match key.first() {
            Some(column) => error.with_column(*column),
            None => error,
        }
    }

    /// The rows that a filter selects, in order; ties by primary key.
    pub(super) fn select(
        &self,
        wanted: &TableDef,
        filter: &Predicate,
        order: &[OrderBy],
    ) -> Vec<Row> {
        let selected = |row: &&Row| filter.selects(&|column| value(wanted, row, column));
        let mut rows: Vec<Row> = self.rows.values().filter(selected).cloned().collect();
        if order.last().map(|last| last.direction) == Some(Direction::Descending) {
            rows.reverse();
        }
        rows.sort_by(|left, right| {
            order.iter().fold(Ordering::Equal, |sorted, by| {
                let values = value(wanted, left, by.column).order(value(wanted, right, by.column));
                sorted.then(by.direction.apply(values))
            })
        });
        rows
    }

    /// Executes a statement that writes.
    pub(super) fn execute(&mut self, statement: &Statement) -> Result<Reply> {
        match statement {
            Statement::Insert(insert) => self.insert(insert).map(Reply::Inserted),
            Statement::Upsert(upsert) => self.upsert(upsert).map(|()| Reply::Done),
            Statement::Update(update) => self.update(update),
            Statement::UpdateEach(each) => self.update_each(each).map(Reply::Updated),
            Statement::Delete(delete) => {
                let rows = self.select(delete.table, &delete.filter, &[]);
                for row in &rows {
                    self.rows.remove(&key(row, self.definition.primary_key));
                }
                Ok(count(rows.len()))
            }
            Statement::Claim(claim) => self.claim(claim).map(Reply::Claimed),
            _ => Err(Error::unsupported("a statement of a newer version")),
        }
    }

    fn update(&mut self, update: &Update) -> Result<Reply> {
        let mut returned = Rows::new(update.table);
        let rows = self.select(update.table, &update.filter, &[]);
        for row in &rows {
            let row = self.assign(update.table, row, &update.assignments, row)?;
            push(&mut returned, &row)?;
        }
        Ok(if update.returning {
            Reply::Rows(returned)
        } else {
            count(rows.len())
        })
    }

    fn update_each(&mut self, each: &UpdateEach) -> Result<UpdatedRows> {
        let mut updated = UpdatedRows::none(each.table);
        for update in &each.updates {
            let found = self.select(each.table, &update.filter(each.table), &[]);
            updated.matched.push(!found.is_empty());
            for row in &found {
                let row = self.assign(each.table, row, &update.assignments, row)?;
                self.check_unique()?;
                if each.returning {
                    push(&mut updated.rows, &row)?;
                }
            }
        }
        Ok(updated)
    }

    fn insert(&mut self, insert: &Insert) -> Result<Vec<RowOutcome>> {
        let mut outcomes = Vec::new();
        for row in rows_of(&insert.rows) {
            let key = key(&row, self.definition.primary_key);
            outcomes.push(match self.rows.get(&key) {
                Some(_) if insert.duplicates == Duplicates::Refuse => {
                    return Err(self.taken(self.definition.primary_key));
                }
                Some(present) if *present == row => RowOutcome::Present,
                Some(_) => RowOutcome::Different,
                None => {
                    self.rows.insert(key, row);
                    RowOutcome::New
                }
            });
        }
        Ok(outcomes)
    }

    fn upsert(&mut self, upsert: &Upsert) -> Result<()> {
        for row in rows_of(&upsert.rows) {
            let key = key(&row, self.definition.primary_key);
            if let Some(present) = self.rows.get(&key).cloned() {
                self.assign(upsert.rows.table(), &present, &upsert.assignments, &row)?;
            } else {
                self.rows.insert(key, row);
            }
        }
        Ok(())
    }

    /// Changes a row and returns it as it is afterwards.
    fn assign(
        &mut self,
        wanted: &TableDef,
        row: &Row,
        assignments: &[Assignment],
        inserted: &Row,
    ) -> Result<Row> {
        let mut changed = BTreeMap::clone(row);
        for Assignment { column, action } in assignments {
            let definition = &wanted.columns[*column];
            let stored = value(wanted, row, *column);
            let of_inserted = value(wanted, inserted, *column);
            let new = match action {
                Action::Set(new) => new.clone(),
                Action::Inserted => of_inserted.into(),
                Action::Add(other) => add(wanted, definition, stored, other.as_ref())?,
                Action::AddInserted => add(wanted, definition, stored, of_inserted)?,
            };
            changed.insert(definition.name, new);
        }
        let changed = Arc::new(changed);
        let key = key(&changed, self.definition.primary_key);
        self.rows.insert(key, Arc::clone(&changed));
        Ok(changed)
    }

    fn claim(&mut self, claim: &Claim) -> Result<ClaimedRows> {
        let mut assignments = claim.assignments.clone();
        assignments.push(Assignment {
            column: claim.token_column,
            action: Action::Set(claim.token.clone()),
        });
        let rows = self.select(claim.table, &claim.filter, &claim.order);
        let mut claimed = Rows::new(claim.table);
        for (row, _) in rows.iter().zip(0..claim.limit) {
            let row = self.assign(claim.table, row, &assignments, row)?;
            push(&mut claimed, &row)?;
        }
        Ok(ClaimedRows {
            rows: claimed,
            contended: false,
        })
    }
}

fn count(rows: usize) -> Reply {
    Reply::Count(rows.try_into().unwrap_or(u64::MAX))
}

fn push(rows: &mut Rows, row: &Row) -> Result<()> {
    let table = rows.table();
    rows.push_values((0..table.columns.len()).map(|column| value(table, row, column)))
}

fn rows_of(rows: &RowBatch) -> impl Iterator<Item = Row> {
    let columns = rows.table().columns;
    (0..rows.len()).map(move |row| {
        let values = (0..columns.len()).map(|column| rows.value(row, column).into());
        Arc::new(
            columns
                .iter()
                .map(|column| column.name)
                .zip(values)
                .collect(),
        )
    })
}
