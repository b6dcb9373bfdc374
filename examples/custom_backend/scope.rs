//! Sessions and transactions.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use genledger_contract::{
    Aggregate, Claim, Delete, Error, ErrorKind, Insert, Result, RowOutcome, RowVisitor, Select,
    Session, TableDef, Transaction, Update, Upsert, Value, validate_predicate,
};
use tokio::sync::OwnedMutexGuard;

use super::reader::Reader;
use super::table::{Table, Tables, change, find, key};

/// What is committed, and whose turn it is to write. All stores on the same data share it.
#[derive(Default)]
pub(super) struct Data {
    pub(super) committed: Mutex<Tables>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// The state of a transaction.
pub(super) struct Open {
    pub(super) tables: Tables,
    pub(super) savepoints: Vec<Tables>,
    pub(super) poisoned: bool,
    pub(super) _turn: OwnedMutexGuard<()>,
}

/// A transaction when something is open, and the session of a store when not.
pub(super) struct Scope {
    pub(super) data: Arc<Data>,
    pub(super) closed: Arc<AtomicBool>,
    pub(super) open: Option<Mutex<Open>>,
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Scope {
    pub(super) async fn turn(&self) -> Result<OwnedMutexGuard<()>> {
        let turn = Arc::clone(&self.data.turn).lock_owned();
        let turn = tokio::time::timeout(Duration::from_secs(5), turn).await;
        turn.map_err(|_| Error::new(ErrorKind::Unavailable, "another transaction writes"))
    }

    pub(super) fn check(&self) -> Result<()> {
        match &self.open {
            Some(open) if lock(open).poisoned => Err(Error::new(
                ErrorKind::Aborted,
                "an earlier statement failed",
            )),
            None if self.closed.load(SeqCst) => {
                Err(Error::new(ErrorKind::Unavailable, "the store is closed"))
            }
            _ => Ok(()),
        }
    }

    /// Runs a statement. Its error poisons a transaction, since it is one of the database.
    fn run<T>(&self, statement: impl FnOnce(&mut Tables) -> Result<T>) -> Result<T> {
        let Some(open) = &self.open else {
            return statement(&mut lock(&self.data.committed));
        };
        let mut open = lock(open);
        let answer = statement(&mut open.tables);
        open.poisoned = answer.is_err();
        answer
    }

    async fn write<T>(
        &self,
        wanted: &'static TableDef,
        statement: impl FnOnce(&mut Table) -> Result<T> + Send,
    ) -> Result<T> {
        self.check()?;
        let _turn = match self.open {
            Some(_) => None,
            None => Some(self.turn().await?),
        };
        self.run(|tables| change(tables, wanted, statement))
    }
}

#[async_trait]
impl Session for Scope {
    async fn execute_insert(&self, insert: Insert) -> Result<Vec<RowOutcome>> {
        self.write(insert.rows.table(), |table| table.insert(&insert))
            .await
    }

    async fn execute_upsert(&self, upsert: Upsert) -> Result<()> {
        self.check()?;
        upsert.validate()?;
        self.write(upsert.rows.table(), |table| table.upsert(&upsert))
            .await
    }

    async fn execute_update(&self, update: Update) -> Result<u64> {
        self.check()?;
        update.validate()?;
        self.write(update.table, |table| {
            let rows = table.select(update.table, &update.filter, &[]);
            for row in &rows {
                table.assign(update.table, row, &update.assignments, row)?;
            }
            Ok(rows.len().try_into().unwrap_or(u64::MAX))
        })
        .await
    }

    async fn execute_delete(&self, delete: Delete) -> Result<u64> {
        self.check()?;
        validate_predicate(delete.table, &delete.filter)?;
        self.write(delete.table, |table| {
            let rows = table.select(delete.table, &delete.filter, &[]);
            for row in &rows {
                table.rows.remove(&key(row, table.definition.primary_key));
            }
            Ok(rows.len().try_into().unwrap_or(u64::MAX))
        })
        .await
    }

    async fn execute_select(&self, select: Select, mut visitor: RowVisitor) -> Result<()> {
        self.check()?;
        select.validate()?;
        let table = self.run(|tables| find(tables, select.table).cloned())?;
        let rows = table.select(select.table, &select.filter, &select.order);
        for (row, _) in rows.iter().zip(0..select.limit.unwrap_or(u64::MAX)) {
            visitor(&Reader(select.table, &select.columns, row))?;
        }
        Ok(())
    }

    async fn execute_aggregate(&self, aggregate: Aggregate) -> Result<Vec<Vec<Value>>> {
        self.check()?;
        aggregate.validate()?;
        let table = self.run(|tables| find(tables, aggregate.table).cloned())?;
        table.aggregate(&aggregate)
    }

    async fn execute_claim(&self, claim: Claim, mut visitor: RowVisitor) -> Result<u64> {
        self.check()?;
        claim.validate()?;
        self.write(claim.table, |table| table.claim(&claim, &mut visitor))
            .await
    }
}

impl Scope {
    fn open(&self) -> Result<MutexGuard<'_, Open>> {
        let open = self.open.as_ref().map(lock);
        open.ok_or_else(|| Error::new(ErrorKind::Aborted, "no transaction is open"))
    }

    fn pop(&self) -> Result<Tables> {
        let point = self.open()?.savepoints.pop();
        point.ok_or_else(|| Error::invalid("there is no savepoint"))
    }
}

#[async_trait]
impl Transaction for Scope {
    async fn commit(self: Box<Self>) -> Result<()> {
        self.check()?;
        *lock(&self.data.committed) = self.open()?.tables.clone();
        Ok(())
    }

    async fn rollback(self: Box<Self>) -> Result<()> {
        Ok(())
    }

    async fn savepoint(&self) -> Result<()> {
        self.check()?;
        let tables = self.open()?.tables.clone();
        self.open()?.savepoints.push(tables);
        Ok(())
    }

    async fn rollback_to_savepoint(&self) -> Result<()> {
        let tables = self.pop()?;
        let mut open = self.open()?;
        (open.tables, open.poisoned) = (tables, false);
        Ok(())
    }

    async fn release_savepoint(&self) -> Result<()> {
        self.check()?;
        self.pop().map(drop)
    }
}
