//! Reading entities where rows arrive.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::entity::key::EntityKey;
use crate::entity::mapping::Entity;
use crate::error::{Error, Result};
use crate::query::page::{Page, Prepared};
use crate::row::reader::RowReader;
use crate::row::value::ValueRef;
use crate::session::transaction::Session;
use crate::statement::predicate::Predicate;
use crate::statement::select::{RowVisitor, Select};
use crate::table::definition::TableDef;

/// A row that cannot be read as its entity.
#[derive(Clone)]
pub struct Unreadable<E: Entity> {
    /// Its primary key, unless that cannot be read either.
    pub key: Option<E::Key>,
    /// Why it cannot be read.
    pub error: Error,
}

impl<E: Entity> fmt::Debug for Unreadable<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unreadable")
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

impl<E: Entity> From<Unreadable<E>> for Error {
    fn from(unreadable: Unreadable<E>) -> Self {
        unreadable.error
    }
}

/// Reads an entity; the error names its table and its key.
pub(crate) fn read<E: Entity>(row: &dyn RowReader) -> Result<E> {
    E::read(row).map_err(|error| {
        let error = error.with_table(E::TABLE.name);
        match shown_key(E::TABLE, row) {
            Some(key) => error.with_key(key),
            None => error,
        }
    })
}

pub(crate) fn lenient<E: Entity>(row: &dyn RowReader) -> Result<E, Unreadable<E>> {
    read::<E>(row).map_err(|error| Unreadable {
        key: E::Key::read(row, &E::TABLE.key_positions()).ok(),
        error,
    })
}

/// The primary key of a row for people, unless it is a secret or cannot be read.
#[cold]
fn shown_key(table: &TableDef, row: &dyn RowReader) -> Option<String> {
    let parts = table.key_positions().into_iter().map(|position| {
        let column = &table.columns[position];
        if column.sensitive {
            return None;
        }
        match ValueRef::read(row, position, column.column_type.kind()).ok()? {
            ValueRef::Text(text) => Some(text.to_owned()),
            value => value.as_i64().map(|value| value.to_string()),
        }
    });
    parts
        .collect::<Option<Vec<String>>>()
        .map(|parts| parts.join("/"))
}

/// The values that a visitor has collected; rows may arrive on another thread.
pub(crate) type Collected<T> = Arc<Mutex<Vec<T>>>;

/// A visitor that reads rows as they arrive, and the values that it collects.
pub(crate) fn collector<T: Send + 'static>(
    mut read: impl FnMut(&dyn RowReader) -> Result<T> + Send + 'static,
) -> (Collected<T>, RowVisitor) {
    let rows = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&rows);
    let visitor: RowVisitor = Box::new(move |row| {
        let value = read(row)?;
        sink.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(value);
        Ok(())
    });
    (rows, visitor)
}

pub(crate) fn take<T>(rows: &Mutex<Vec<T>>) -> Vec<T> {
    std::mem::take(&mut rows.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Reads a page: the first part of the rows, and the others only where it ends on this page.
pub(crate) async fn read_page<T: Send + 'static>(
    session: &(impl Session + ?Sized),
    prepared: Prepared,
    read: fn(&dyn RowReader) -> Result<T>,
) -> Result<Page<T>> {
    let prepared = Arc::new(prepared);
    let mut rows = Vec::new();
    let mut part = 0;
    while let Some(select) = prepared.select(part, rows.len()) {
        let order = Arc::clone(&prepared);
        let (found, visitor) = collector(move |row| Ok((read(row)?, order.order_values(row))));
        session.select(select, visitor).await?;
        rows.append(&mut take(&found));
        part += 1;
    }
    prepared.page(rows)
}

/// The first row that a filter selects.
pub(crate) async fn find<E: Entity>(
    session: &(impl Session + ?Sized),
    filter: Predicate,
) -> Result<Option<E>> {
    let mut select = Select::all_columns(E::TABLE, filter);
    select.limit = Some(1);
    let (rows, visitor) = collector(read::<E>);
    session.select(select, visitor).await?;
    Ok(take(&rows).pop())
}
