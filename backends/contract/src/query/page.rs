//! Keyset pages: as fast at depth as at the top, and stable while rows are inserted.

pub(crate) mod cursor;
mod keyset;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::entity::column::Indexed;
use crate::entity::mapping::Entity;
use crate::error::{Result, Violation};
use crate::query::filter::Filter;
use crate::query::order::Order;
use crate::query::page::cursor::Cursor;
use crate::row::reader::RowReader;
use crate::row::value::{Value, ValueRef};
use crate::statement::select::{Direction, OrderBy, Select};
use crate::statement::validate::validate_predicate;
use crate::table::definition::TableDef;

/// The most rows of one page.
pub const MAX_PAGE_SIZE: u32 = 1000;

/// The default number of rows of a page.
pub const DEFAULT_PAGE_SIZE: u32 = 50;

/// A query for a page of rows: a filter, an order, a number of rows, and a cursor.
///
/// The primary key is appended to the order, so that it is total. Choose the order of the index that serves
/// the filter.
///
/// ```
/// # use genledger_contract::{Entity, Query};
/// # /// A price.
/// # #[derive(Clone, Debug, Entity)]
/// # #[entity(crate = genledger_contract, table = "prices", key(id), index(region, cents))]
/// # struct Price {
/// #     /// Its number.
/// #     id: i64,
/// #     /// Where.
/// #     #[column(max_chars = 16)]
/// #     region: String,
/// #     /// How much, in cents.
/// #     cents: i64,
/// # }
/// let query = Query::matching(Price::REGION.eq("eu"))
///     .order_by([Price::CENTS.desc(), Price::ID.desc()])
///     .page_size(20);
/// # let _ = query;
/// ```
pub struct Query<E> {
    filter: Filter<E>,
    order: Vec<Order<E>>,
    page_size: u32,
    after: Option<Cursor>,
}

impl<E> Clone for Query<E> {
    fn clone(&self) -> Self {
        Self {
            filter: self.filter.clone(),
            order: self.order.clone(),
            page_size: self.page_size,
            after: self.after.clone(),
        }
    }
}

impl<E> PartialEq for Query<E> {
    fn eq(&self, other: &Self) -> bool {
        self.filter == other.filter
            && self.order == other.order
            && self.page_size == other.page_size
            && self.after == other.after
    }
}

impl<E> fmt::Debug for Query<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("filter", &self.filter)
            .field("order", &self.order)
            .field("page_size", &self.page_size)
            .field("after", &self.after)
            .finish()
    }
}

impl<E: Entity> Default for Query<E> {
    fn default() -> Self {
        Self::matching(Filter::all())
    }
}

impl<E: Entity> Query<E> {
    /// The rows that a filter selects, by primary key, [`DEFAULT_PAGE_SIZE`] a page.
    #[must_use]
    pub fn matching(filter: Filter<E, impl Indexed>) -> Self {
        Self {
            filter: filter.marked(),
            order: Vec::new(),
            page_size: DEFAULT_PAGE_SIZE,
            after: None,
        }
    }

    /// Sets the order. NULL is less than every value.
    ///
    /// In a table of another program a required column may be NULL. The rows without a value in such a column
    /// of the order come after all others, whatever the direction.
    #[must_use]
    pub fn order_by(mut self, order: impl IntoIterator<Item = Order<E>>) -> Self {
        self.order = order.into_iter().collect();
        self
    }

    /// Sets the number of rows of a page: 1 to [`MAX_PAGE_SIZE`]; any other number is an error when the page
    /// is read.
    #[must_use]
    pub const fn page_size(mut self, rows: u32) -> Self {
        self.page_size = rows;
        self
    }

    /// The page after this cursor, which must come from the same query.
    #[must_use]
    pub fn after(mut self, cursor: Cursor) -> Self {
        self.after = Some(cursor);
        self
    }

    /// The same query from its first page or after a cursor.
    #[must_use]
    pub fn after_maybe(mut self, cursor: Option<Cursor>) -> Self {
        self.after = cursor;
        self
    }

    pub(crate) fn prepare(&self) -> Result<Prepared> {
        if !(1..=MAX_PAGE_SIZE).contains(&self.page_size) {
            return Err(Violation::new("size", "out_of_range", "must be from 1 to 1000").into());
        }
        let order = total(
            E::TABLE,
            self.order.iter().map(|order| order.into_untyped()),
        );
        if let Some(column) = sensitive(E::TABLE, &order) {
            // The cursor would show its values.
            let message = "holds secrets, so pages cannot be ordered by it";
            return Err(Violation::new(column, "sensitive", message).into());
        }
        let filter = self.filter.predicate()?;
        // Without the values of the cursor, so that all pages accept a filter that the first page accepts.
        validate_predicate(E::TABLE, &filter)?;
        let fingerprint = cursor::fingerprint(E::TABLE, &filter, &order);
        let after = match &self.after {
            None => None,
            Some(cursor) => Some(cursor.values(fingerprint, E::TABLE, &order)?),
        };
        let parts = keyset::parts(E::TABLE, &order, after.as_deref()).into_iter();
        let parts = parts.map(|part| {
            let mut select = Select::all_columns(E::TABLE, filter.clone().and(part.filter));
            select.order = part.order;
            select
        });
        Ok(Prepared {
            table: E::TABLE,
            parts: parts.collect(),
            order,
            page_size: usize::try_from(self.page_size).unwrap_or(usize::MAX),
            fingerprint,
        })
    }
}

/// The order with the primary key appended in the direction of its last column, so that it is total.
pub(crate) fn total(table: &TableDef, order: impl IntoIterator<Item = OrderBy>) -> Vec<OrderBy> {
    let mut total: Vec<OrderBy> = order.into_iter().collect();
    let direction = total
        .last()
        .map_or(Direction::Ascending, |last| last.direction);
    for column in table.key_positions() {
        if !total.iter().any(|order| order.column == column) {
            total.push(OrderBy { column, direction });
        }
    }
    total
}

/// The first column of an order whose values are secrets.
fn sensitive(table: &TableDef, order: &[OrderBy]) -> Option<&'static str> {
    order
        .iter()
        .map(|order| &table.columns[order.column])
        .find(|column| column.sensitive)
        .map(|column| column.name)
}

/// A query as statements, and the data that turns their rows into a page.
pub(crate) struct Prepared {
    table: &'static TableDef,
    /// One for each part of the rows, in order, without a limit.
    parts: Vec<Select>,
    order: Vec<OrderBy>,
    page_size: usize,
    fingerprint: u64,
}

impl Prepared {
    /// The statement of the first part, which reads most pages alone.
    pub(crate) fn first(&self) -> Select {
        let mut select = self.parts[0].clone();
        select.limit = u64::try_from(self.page_size + 1).ok();
        select
    }

    /// The statement of a part, after this number of rows of the page; `None` if it is complete. The limit
    /// includes one row more than the page, if there is one.
    pub(crate) fn select(&self, part: usize, rows: usize) -> Option<Select> {
        let left = (self.page_size + 1).saturating_sub(rows);
        let mut select = self.parts.get(part).filter(|_| left > 0)?.clone();
        select.limit = u64::try_from(left).ok();
        Some(select)
    }

    /// The values of a row in the columns of the order, for a cursor.
    ///
    /// # Errors
    /// Returns [`Corrupt`](crate::ErrorKind::Corrupt) when one of them cannot be read as its kind.
    pub(crate) fn order_values(&self, row: &dyn RowReader) -> Result<Vec<Value>> {
        self.order
            .iter()
            .map(|order| {
                let kind = self.table.columns[order.column].column_type.kind();
                ValueRef::read(row, order.column, kind).map(Value::from)
            })
            .collect()
    }

    /// Makes a page of at most one row more than it holds, each with its values in the columns of the order.
    ///
    /// # Errors
    /// Returns the error of the last row's values of the order: without a cursor the rows after it would be
    /// hidden.
    pub(crate) fn page<T>(&self, mut rows: Vec<(T, Result<Vec<Value>>)>) -> Result<Page<T>> {
        let more = rows.len() > self.page_size;
        rows.truncate(self.page_size);
        let next = match rows.last() {
            Some((_, values)) if more => Some(Cursor::new(self.fingerprint, &values.clone()?)),
            _ => None,
        };
        Ok(Page {
            items: rows.into_iter().map(|(item, _)| item).collect(),
            next,
        })
    }
}

/// Some rows of a query, and the cursor of the next page.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Page<E> {
    /// The rows, in the order of the query.
    pub items: Vec<E>,
    /// The start of the next page; `None` after the last row.
    pub next: Option<Cursor>,
}

impl<E: fmt::Debug> fmt::Debug for Page<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("items", &self.items)
            .field("next", &self.next)
            .finish()
    }
}
