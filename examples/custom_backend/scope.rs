//! The statements of sessions and transactions.

use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use genledger_contract::backend::{Backend, Execute, OpenTransaction, Outcome};
use genledger_contract::statement::{Reply, RowVisitor, Select, Statement};
use genledger_contract::{Error, ErrorKind, Result};
use tokio::sync::OwnedMutexGuard;

use super::reader::Reader;
use super::table::{Tables, change, find};

/// The committed tables, and the write lock. All stores on the same data share it.
#[derive(Default)]
pub(super) struct Data {
    pub(super) committed: Mutex<Tables>,
    write_lock: Arc<tokio::sync::Mutex<()>>,
}

/// The state of a transaction.
pub(super) struct Open {
    tables: Tables,
    savepoints: Vec<Tables>,
    _write_lock: OwnedMutexGuard<()>,
}

/// An open transaction, or the statements of a store where none is open.
pub(super) struct Scope {
    pub(super) data: Arc<Data>,
    pub(super) closed: Arc<AtomicBool>,
    pub(super) open: Mutex<Option<Open>>,
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
    pub(super) async fn lock_writes(&self) -> Result<OwnedMutexGuard<()>> {
        let lock = Arc::clone(&self.data.write_lock).lock_owned();
        let lock = tokio::time::timeout(Duration::from_secs(5), lock).await;
        lock.map_err(|_| Error::new(ErrorKind::Unavailable, "timed out waiting for the writer"))
    }

    pub(super) fn check_open(&self) -> Result<()> {
        if lock(&self.open).is_none() && self.closed.load(SeqCst) {
            return Err(Error::new(ErrorKind::Unavailable, "the store is closed"));
        }
        Ok(())
    }

    /// Runs a statement on the tables of the transaction, or on the committed tables.
    fn run<T>(&self, statement: impl FnOnce(&mut Tables) -> Result<T>) -> Result<T> {
        match &mut *lock(&self.open) {
            Some(open) => statement(&mut open.tables),
            None => statement(&mut lock(&self.data.committed)),
        }
    }

    fn with_open<T>(&self, work: impl FnOnce(&mut Open) -> T) -> Result<T> {
        let ended = || Error::new(ErrorKind::Aborted, "no transaction is open");
        lock(&self.open).as_mut().map(work).ok_or_else(ended)
    }
}

#[async_trait]
impl Execute for Scope {
    async fn execute(&self, statement: Arc<Statement>) -> Result<Outcome<Reply>> {
        self.check_open()?;
        let wanted = statement.table();
        if let Statement::Aggregate(aggregate) = &*statement {
            let table = self.run(|tables| find(tables, wanted).cloned())?;
            return Ok(match table.aggregate(aggregate) {
                Ok(groups) => Outcome::Done(Reply::Groups(groups)),
                Err(error) => Outcome::Refused(error),
            });
        }
        let alone = lock(&self.open).is_none();
        let _write_lock = if alone {
            Some(self.lock_writes().await?)
        } else {
            None
        };
        self.run(|tables| change(tables, wanted, |table| table.execute(&statement)))
            .map(Outcome::Done)
    }

    async fn select(&self, select: Select, mut visitor: RowVisitor) -> Result<Outcome<()>> {
        self.check_open()?;
        let table = self.run(|tables| find(tables, select.table).cloned())?;
        let rows = table.select(select.table, &select.filter, &select.order);
        for (row, _) in rows.iter().zip(0..select.limit.unwrap_or(u64::MAX)) {
            if let Err(error) = visitor(&Reader(select.table, &select.columns, row)) {
                return Ok(Outcome::Refused(error));
            }
        }
        Ok(Outcome::Done(()))
    }
}

#[async_trait]
impl Backend for Scope {
    async fn begin(&self) -> Result<Box<dyn OpenTransaction>> {
        self.check_open()?;
        let write_lock = self.lock_writes().await?;
        let open = Open {
            tables: lock(&self.data.committed).clone(),
            savepoints: Vec::new(),
            _write_lock: write_lock,
        };
        Ok(Box::new(Self {
            data: Arc::clone(&self.data),
            closed: Arc::clone(&self.closed),
            open: Mutex::new(Some(open)),
        }))
    }
}

#[async_trait]
impl OpenTransaction for Scope {
    async fn savepoint(&self, _depth: usize) -> Result<()> {
        self.with_open(|open| open.savepoints.push(open.tables.clone()))
    }

    async fn release(&self, depth: usize) -> Result<()> {
        self.with_open(|open| open.savepoints.truncate(depth - 1))
    }

    async fn rollback_to(&self, depth: usize) -> Result<()> {
        self.with_open(|open| {
            open.savepoints.truncate(depth);
            if let Some(tables) = open.savepoints.pop() {
                open.tables = tables;
            }
        })
    }

    async fn commit(&self) -> Result<()> {
        self.with_open(|open| {
            *lock(&self.data.committed) = std::mem::take(&mut open.tables);
        })
    }

    async fn rollback(&self) -> Result<()> {
        *lock(&self.open) = None;
        Ok(())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
