//! The unique keys of live rows of an adopted table: they replace those of the other program in one statement, so that
//! the table is never without one.

use std::sync::Arc;

use genledger_contract::Result;
use genledger_contract::schema::Adoption;
use genledger_contract::table::{Kind, UniqueDef};

use super::corrections::touched;
use super::findings::{id_text, record_one};
use super::found::Found;
use super::key::{self, Key};
use super::names::{batch_key, placeholder, quote};
use super::rules::fill_value;
use super::unit::{Change, Units};
use crate::connection::Connection;
use crate::ddl;
use crate::dialect::{Dialect, Family};
use crate::executor::Executor;
use crate::introspected::IntrospectedIndex;
use crate::migrate::history::text;
use crate::verify::compare::same_unique;

/// The most rows of one transaction.
const ROWS: u64 = 1_000;

/// The described keys of live rows that do not exist.
pub(super) fn missing<'f>(
    adoption: &'static Adoption,
    found: &'f Found,
) -> impl Iterator<Item = &'static UniqueDef> + 'f {
    let keys = adoption.table.unique.iter().filter(|key| key.live_only);
    keys.filter(|key| !found.0.unique.iter().any(|one| same_unique(key, one)))
}

/// The keys of the other program that exist and are replaced.
pub(super) fn replaced<'f>(
    adoption: &'static Adoption,
    found: &'f Found,
) -> impl Iterator<Item = &'f IntrospectedIndex> {
    let is_replaced = |index: &&IntrospectedIndex| {
        let names = || index.columns.iter().map(|(name, _)| name.as_str());
        let mut keys = adoption.replaced_keys.iter();
        !index.live_only && keys.any(|key| names().eq(key.iter().copied()))
    };
    found.0.unique.iter().filter(is_replaced)
}

/// Whether a replaced key is part of the definition of the table (SQLite).
pub(super) fn is_inline(index: &IntrospectedIndex) -> bool {
    index.name.starts_with("sqlite_autoindex_")
}

/// The change that replaces the keys.
pub(super) fn swap(
    dialect: &'static Dialect,
    adoption: &'static Adoption,
    found: &Found,
) -> Option<Change> {
    let deleted = quote(dialect, adoption.table.soft_delete?);
    let table = quote(dialect, adoption.table.name);
    let (mut dropped, mut created) = (Vec::new(), Vec::new());
    for index in replaced(adoption, found).filter(|index| !is_inline(index)) {
        let name = quote(dialect, &index.name);
        dropped.extend(match dialect.family() {
            // It may be that of a constraint.
            Family::Postgres => vec![
                format!("ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}"),
                format!("DROP INDEX IF EXISTS {name}"),
            ],
            Family::Sqlite | Family::MySql => vec![format!("DROP INDEX {name}")],
        });
    }
    for key in missing(adoption, found) {
        let name = quote(dialect, key.name);
        let columns = ddl::names(dialect, key.columns.iter().copied());
        // NULL in the mark of deletion is repaired later.
        created.extend(match dialect.family() {
            Family::Sqlite => vec![format!(
                "CREATE UNIQUE INDEX {name} ON {table} ({columns}) WHERE {deleted} = 0"
            )],
            Family::Postgres => vec![format!(
                "CREATE UNIQUE INDEX {name} ON {table} ({columns}) WHERE NOT {deleted}"
            )],
            Family::MySql => {
                let live = ddl::live_column(key.name);
                let exists = found.column(&live).is_some();
                let live = quote(dialect, &live);
                let column = format!(
                    "ADD COLUMN {live} TINYINT GENERATED ALWAYS AS (IF({deleted} = 0, 1, NULL)) STORED"
                );
                let key = format!("ADD UNIQUE KEY {name} ({columns}, {live})");
                let column = (!exists).then_some(column);
                column.into_iter().chain([key]).collect()
            }
        });
    }
    if dropped.is_empty() && created.is_empty() {
        return None;
    }
    let statements: Vec<String> = dropped.into_iter().chain(created).collect();
    Some(Change::Together(match dialect.family() {
        Family::MySql => vec![format!("ALTER TABLE {table} {}", statements.join(", "))],
        Family::Sqlite | Family::Postgres => statements,
    }))
}

/// A live row that is equal to a newer one in a key.
struct Loser {
    key: Key,
    id: String,
    /// Whether the keys are equal also with their trailing spaces.
    is_equal: bool,
}

/// The queries of the live rows of which another one is newer, at most of one transaction.
fn losers(dialect: &'static Dialect, adoption: &'static Adoption, found: &Found) -> Vec<Arc<str>> {
    let Some(mark) = adoption.table.soft_delete else {
        return Vec::new();
    };
    let may_exist = |key: &UniqueDef| {
        let of_key = |name: &&str| {
            found
                .column(name)
                .is_some_and(|column| column.nullable || !column.binary_collation)
        };
        missing(adoption, found).any(|one| one == key)
            || found.column(mark).is_some_and(|column| column.nullable)
            || key.columns.iter().any(of_key)
    };
    let keys = adoption.table.unique.iter().filter(|key| key.live_only);
    keys.filter(|key| may_exist(key))
        .map(|key| of_key(dialect, adoption, found, mark, key).into())
        .collect()
}

fn of_key(
    dialect: &'static Dialect,
    adoption: &'static Adoption,
    found: &Found,
    mark: &str,
    key: &UniqueDef,
) -> String {
    let table = quote(dialect, adoption.table.name);
    let id = quote(dialect, adoption.table.primary_key[0]);
    let mark = quote(dialect, mark);
    let (mut described, mut exact, mut conditions) = (Vec::new(), Vec::new(), Vec::new());
    let mut filled = String::new();
    for name in key.columns {
        let columns = found
            .described(adoption)
            .find(|(column, _)| column.name == *name);
        let Some((column, one)) = columns else {
            continue;
        };
        let name = quote(dialect, name);
        let value = if let Some(fill) = fill_value(dialect, adoption, found, column, one) {
            // A row whose key is stated is kept rather than one whose key is assumed.
            filled.push_str(&format!("({name} IS NULL), "));
            format!("COALESCE({name}, {fill})")
        } else {
            conditions.push(format!(" AND {name} IS NOT NULL"));
            name
        };
        let is_text = matches!(column.column_type.kind(), Kind::Text);
        let (as_described, bytes) = match dialect.family() {
            Family::MySql if is_text => (
                format!("CONVERT({value} USING utf8mb4) COLLATE utf8mb4_bin"),
                format!("CAST({value} AS BINARY)"),
            ),
            _ => (value.clone(), value),
        };
        described.push(as_described);
        exact.push(bytes);
    }
    let newest = adoption.newest_by.map(|column| {
        let column = quote(dialect, column);
        format!("({column} IS NULL), {column} DESC, ")
    });
    let newest = newest.unwrap_or_default();
    let order = format!("({mark} IS NULL), {filled}{newest}{id} DESC");
    let place = |columns: &[String]| {
        let columns = columns.join(", ");
        format!("ROW_NUMBER() OVER (PARTITION BY {columns} ORDER BY {order})")
    };
    let live = live(dialect, &mark);
    let key = batch_key(dialect, adoption.table.primary_key[0]);
    format!(
        "SELECT k, i, e FROM (SELECT {key} AS k, {} AS i, {} AS p, {} AS e \
         FROM {table} WHERE {live}{}) AS places WHERE p > 1 ORDER BY i LIMIT {ROWS}",
        id_text(dialect, adoption),
        place(&described),
        place(&exact),
        conditions.concat()
    )
}

/// That a row counts as live before its mark of deletion is repaired.
fn live(dialect: &Dialect, mark: &str) -> String {
    match dialect.family() {
        Family::Postgres => format!("{mark} IS NOT TRUE"),
        Family::Sqlite | Family::MySql => format!("({mark} IS NULL OR {mark} = 0)"),
    }
}

/// How live rows of which a newer one is equal in a key are marked as deleted.
pub(super) struct Losers {
    is_text: bool,
    queries: Vec<Arc<str>>,
    update: Arc<str>,
    /// The records of rows that differ in trailing spaces, and of those that are equal; without them nothing is reported.
    records: Option<[Arc<str>; 2]>,
}

impl Losers {
    pub(super) fn of(
        dialect: &'static Dialect,
        adoption: &'static Adoption,
        found: &Found,
    ) -> Self {
        let mark = adoption.table.soft_delete.unwrap_or_default();
        let name = quote(dialect, mark);
        let kept = touched(dialect, found);
        let kept = kept.iter().map(|column| {
            let column = quote(dialect, column);
            format!(", {column} = {column}")
        });
        let value = match dialect.family() {
            Family::Postgres => "TRUE",
            Family::Sqlite | Family::MySql => "1",
        };
        Self {
            is_text: key::is_text(dialect, adoption),
            queries: losers(dialect, adoption, found),
            update: format!(
                "UPDATE {} SET {name} = {value}{} WHERE {} = {} AND {}",
                quote(dialect, adoption.table.name),
                kept.collect::<String>(),
                batch_key(dialect, adoption.table.primary_key[0]),
                placeholder(dialect, 1),
                live(dialect, &name)
            )
            .into(),
            records: adoption.reports.then(|| {
                ["trailing_space", "duplicate_live"]
                    .map(|rule| record_one(dialect, adoption, mark, rule))
            }),
        }
    }

    /// Marks the rows of one transaction, and returns how many.
    pub(super) async fn run(&self, connection: &mut dyn Connection) -> Result<u64> {
        let mut changed = 0;
        for query in &self.queries {
            for loser in read(&mut *connection, query, self.is_text).await? {
                if let Some(records) = &self.records {
                    let record = &records[usize::from(loser.is_equal)];
                    connection.execute(record, &[text(&loser.id)]).await?;
                }
                let key = [loser.key.param()];
                changed += connection.execute(&self.update, &key).await?;
            }
        }
        Ok(changed)
    }
}

/// Whether a transaction that has marked so many rows has left none of those that there were. A program that inserts more of
/// them is not followed.
pub(super) const fn is_last(changed: u64) -> bool {
    changed < ROWS
}

impl<X: Executor> Units<X> {
    /// Marks live rows as deleted of which a newer one is equal in a key, and returns how many.
    pub(super) async fn older_live_rows(&self, found: &Found) -> Result<u64> {
        let losers = Arc::new(Losers::of(self.dialect(), self.adoption, found));
        if losers.queries.is_empty() {
            return Ok(0);
        }
        let mut rows = 0_u64;
        loop {
            let losers = Arc::clone(&losers);
            let changed = self
                .write(Box::new(move |context| {
                    let losers = Arc::clone(&losers);
                    Box::pin(async move { losers.run(context.connection).await })
                }))
                .await?;
            rows = rows.saturating_add(changed);
            if is_last(changed) {
                return Ok(rows);
            }
        }
    }
}

async fn read(
    connection: &mut dyn Connection,
    query: &Arc<str>,
    is_text: bool,
) -> Result<Vec<Loser>> {
    let columns = [key::column(is_text), key::column(true), key::column(false)];
    let mut losers = Vec::new();
    connection
        .query(query, &[], &columns, &mut |row| {
            if let Some(key) = Key::read(row, 0, is_text)? {
                losers.push(Loser {
                    key,
                    id: row.text(1)?.unwrap_or_default().to_owned(),
                    is_equal: row.integer(2)?.is_some_and(|place| place > 1),
                });
            }
            Ok(())
        })
        .await?;
    Ok(losers)
}
