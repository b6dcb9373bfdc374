//! Partitions of tables by month: their verbs, on any connection of a store.

mod mysql;
mod postgres;
mod table;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use genledger_contract::schema::{Month, Partition, Partitions};
use genledger_contract::table::TableDef;
use genledger_contract::{Error, ErrorKind, Result};

use crate::dialect::Family;
use crate::executor::{Executor, WorkFuture};
use crate::traced::Traced;
use crate::work::StatementSettings;
pub(crate) use table::Table;

/// The operation in the events of the statements.
const OPERATION: &str = "partitions";
/// The first wait for sessions that keep the table locked, each attempt waits for three seconds as well.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// The attempts to lock the table.
const ATTEMPTS: u32 = 8;
/// The most months of one call: a century.
const MOST_MONTHS: usize = 1_200;

/// The partitions of a table.
pub(crate) fn of<X: Executor>(
    executor: &Arc<X>,
    settings: StatementSettings,
    entity: &'static TableDef,
) -> Result<Arc<dyn Partitions>> {
    let table = settings.dialect.place(entity);
    if settings.dialect.family() == Family::Sqlite {
        return Err(Error::unsupported("SQLite has no partitions").with_table(entity.name));
    }
    if table.partitioned_by.is_none() {
        let message = "the layout of this store does not partition the table";
        return Err(Error::unsupported(message).with_table(entity.name));
    }
    Ok(Arc::new(SqlPartitions {
        executor: Arc::clone(executor),
        settings,
        entity,
        table,
    }))
}

#[derive(Debug)]
struct SqlPartitions<X> {
    executor: Arc<X>,
    settings: StatementSettings,
    entity: &'static TableDef,
    /// The table in the database.
    table: &'static TableDef,
}

/// Work on the table, which can be repeated.
type TableWork<T> = Arc<dyn for<'c> Fn(Table<'c>) -> WorkFuture<'c, T> + Send + Sync>;

impl<X: Executor> SqlPartitions<X> {
    /// Runs work, and repeats it when the table is locked by other sessions.
    async fn run<T: Send + 'static>(&self, work: TableWork<T>) -> Result<T> {
        let (mut attempts, mut wait) = (ATTEMPTS, FIRST_WAIT);
        loop {
            attempts -= 1;
            match self.attempt(Arc::clone(&work)).await {
                Err(error) if attempts > 0 && error.kind() == ErrorKind::SerializationFailure => {
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(LONGEST_WAIT);
                }
                outcome => return outcome.map_err(|error| error.with_table(self.entity.name)),
            }
        }
    }

    async fn attempt<T: Send + 'static>(&self, work: TableWork<T>) -> Result<T> {
        let (dialect, table) = (self.settings.dialect, self.table);
        let listener = self.settings.events.of(OPERATION, Some(self.entity.name));
        let run = self.executor.run_unlimited(Box::new(move |context| {
            Box::pin(async move {
                let mut slot = None;
                let context = Traced::context(context, listener, &mut slot);
                work(Table::new(context.connection, dialect, table)?).await
            })
        }));
        run.await
    }

    const fn is_postgres(&self) -> bool {
        matches!(self.settings.dialect.family(), Family::Postgres)
    }
}

#[async_trait]
impl<X: Executor> Partitions for SqlPartitions<X> {
    async fn list(&self) -> Result<Vec<Partition>> {
        let work: TableWork<_> = if self.is_postgres() {
            Arc::new(|mut table| Box::pin(async move { table.postgres_list().await }))
        } else {
            Arc::new(|mut table| Box::pin(async move { table.mysql_list().await }))
        };
        self.run(work).await
    }

    async fn create(&self, from: Month, before: Month) -> Result<Vec<Month>> {
        let mut months = Vec::new();
        let mut month = from;
        while month < before {
            if months.len() == MOST_MONTHS {
                return Err(Error::invalid("more than 1,200 months"));
            }
            months.push(month);
            month = month.plus(1)?;
        }
        if !self.is_postgres() {
            let work: TableWork<_> = Arc::new(move |mut table| {
                let months = months.clone();
                Box::pin(async move { table.mysql_create(&months).await })
            });
            return self.run(work).await;
        }
        let listed = self.list().await?;
        months.retain(|month| !listed.iter().any(|one| table::overlaps(one, *month)));
        let mut created = Vec::new();
        for month in months {
            let work: TableWork<_> = Arc::new(move |mut table| {
                Box::pin(async move { table.postgres_create(month).await })
            });
            if self.run(work).await? {
                created.push(month);
            }
        }
        Ok(created)
    }

    async fn drop_before(&self, time: DateTime<Utc>) -> Result<Vec<Partition>> {
        let listed = self.list().await?;
        if !listed.iter().any(|one| one.is_before(time)) {
            return Ok(Vec::new());
        }
        let work: TableWork<_> = if self.is_postgres() {
            Arc::new(move |mut table| Box::pin(async move { table.postgres_drop(time).await }))
        } else {
            Arc::new(move |mut table| Box::pin(async move { table.mysql_drop(time).await }))
        };
        self.run(work).await
    }

    async fn partition(&self, first: Month) -> Result<bool> {
        let work: TableWork<_> = if self.is_postgres() {
            Arc::new(move |mut table| Box::pin(async move { table.postgres_move(first).await }))
        } else {
            Arc::new(move |mut table| Box::pin(async move { table.mysql_move(first).await }))
        };
        self.run(work).await
    }
}
