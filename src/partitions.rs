//! Months of logs as partitions, on PostgreSQL, MySQL and MariaDB: a query over a time reads only its months, and old
//! months are dropped at once.
//!
//! [`schema::by_month`](crate::schema::by_month) is the layout, with which a store is
//! [opened](crate::connect_with_layout); a service [creates months ahead](create_ahead) once a day, and
//! [`drop_months_before`](crate::usage::UsageLogs::drop_months_before) or
//! [`delete_before`](crate::usage::UsageLogs::delete_before) drop the old ones.
//!
//! SQLite and memory have no partitions ([`Capability::partitions`](genledger_contract::store::Capability)). The same
//! verbs on logs have the same results there.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use chrono::Utc;
//! use genledger::prelude::*;
//! use genledger::{partitions, schema};
//!
//! # async fn example() -> Result<()> {
//! let store = genledger::connect_with_layout("postgres://user@host/database", &schema::by_month()).await?;
//! store.migrate(schema::all()).await?; // tables without rows get partitions
//! partitions::create_ahead(&*store, schema::all(), Utc::now(), 3).await?;
//! # Ok(())
//! # }
//! ```

use std::sync::Arc;

use chrono::{DateTime, Utc};
use genledger_contract::schema::{Partition, Partitions};
use genledger_contract::table::TableDef;
use genledger_contract::{Error, ErrorKind, MigrationSet, Result, Store};

use crate::store_or_tx::StoreOrTx;

/// Creates the month of a time, and this many months after it, for every table of these sets that the store's layout
/// partitions; returns the number of created partitions. Rows of these months that were written earlier are moved into
/// them. Several processes can call it at once.
///
/// A store without partitions has no such table, so it returns 0.
///
/// # Errors
/// Those of [`Partitions::create`]; tables before the error have their months.
pub async fn create_ahead(
    store: &dyn Store,
    sets: &[MigrationSet],
    now: DateTime<Utc>,
    months: u32,
) -> Result<usize> {
    let mut created = 0;
    for (_, table) in sets.iter().flat_map(MigrationSet::tables) {
        match store.partitions(table) {
            Ok(partitions) => created += partitions.create_ahead(now, months).await?.len(),
            Err(error) if error.kind() == ErrorKind::Unsupported => {}
            Err(error) => return Err(error),
        }
    }
    Ok(created)
}

/// The partitions of a table, outside of a transaction.
pub(crate) fn of_store(store: &StoreOrTx, table: &'static TableDef) -> Result<Arc<dyn Partitions>> {
    match store {
        StoreOrTx::Store(store) => store.partitions(table),
        StoreOrTx::Transaction(_) => {
            let message = "partitions do not change in a transaction";
            Err(Error::unsupported(message).with_table(table.name))
        }
    }
}

/// Drops the partitions before a time where that is possible, and returns their number: not in a transaction, nor without
/// partitions or the privilege to drop them, where the rows can be deleted instead.
pub(crate) async fn drop_if_possible(
    store: &StoreOrTx,
    table: &'static TableDef,
    before: DateTime<Utc>,
) -> Result<u64> {
    let dropped = match of_store(store, table) {
        Ok(partitions) => partitions.drop_before(before).await,
        Err(error) => Err(error),
    };
    let dropped = if_possible(dropped)?.map_or(0, |dropped| dropped.len());
    Ok(u64::try_from(dropped).unwrap_or(u64::MAX))
}

/// The partitions of a table; none where they cannot be changed.
pub(crate) async fn list_if_possible(
    store: &StoreOrTx,
    table: &'static TableDef,
) -> Result<Vec<Partition>> {
    let listed = match of_store(store, table) {
        Ok(partitions) => partitions.list().await,
        Err(error) => Err(error),
    };
    if_possible(listed).map(Option::unwrap_or_default)
}

/// `None` without partitions, or without the privilege to change them.
fn if_possible<T>(outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::Unsupported | ErrorKind::Schema | ErrorKind::Denied
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
