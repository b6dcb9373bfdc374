//! Repairs the rows of a table, and sets aside those that the description does not permit, in batches by key.

use std::sync::Arc;

use genledger_contract::Result;
use genledger_contract::row::ValueRef;
use genledger_contract::schema::Adoption;
use genledger_contract::table::{ColumnDef, ColumnType};

use super::found::Found;
use super::names::{batch_key, placeholder, quote};
use super::rules::{Rule, repairs, rules};
use super::side::{COLUMN, RULE, is_text};
use super::unit::Units;
use crate::connection::{Connection, Param};
use crate::dialect::{Dialect, Family};
use crate::executor::Executor;
use crate::migrate::history::text;

/// The rows of a batch, which is one transaction.
const ROWS: u32 = 1_000;

const NUMBERS: [ColumnDef; 1] = [ColumnDef {
    nullable: true,
    ..ColumnDef::new("number", ColumnType::I64)
}];

/// The statements of each batch.
struct Batch {
    /// The last key of the batch that begins with a key.
    last: Arc<str>,
    /// Repairs the rows between two keys.
    repair: Option<Arc<str>>,
    /// Copies the rows between two keys that violate a rule.
    copy: Arc<str>,
    /// Deletes the rows between two keys that violate a rule and were copied.
    delete: Arc<str>,
    /// Only SQLite stores text that is not UTF-8.
    texts: Option<Texts>,
}

/// How texts that are not UTF-8 are found.
struct Texts {
    columns: Vec<ColumnDef>,
    select: Arc<str>,
    copy: Arc<str>,
    delete: Arc<str>,
}

/// What a batch did.
struct Repaired {
    rows: u64,
    /// The first key of the next batch.
    next: Option<i64>,
}

impl<X: Executor> Units<X> {
    /// Repairs the rows from a key on, and returns how many were repaired, and the last key.
    pub(super) async fn rows(&self, found: &Found, mut first: i64) -> Result<(u64, i64)> {
        let batch = Arc::new(Batch::of(self.dialect(), self.adoption, found));
        let mut rows = 0_u64;
        loop {
            let batch = Arc::clone(&batch);
            let repaired = self
                .write(Box::new(move |context| {
                    let batch = Arc::clone(&batch);
                    Box::pin(async move { batch.run(context.connection, first).await })
                }))
                .await?;
            rows = rows.saturating_add(repaired.rows);
            match repaired.next {
                Some(next) => first = next,
                None => return Ok((rows, first)),
            }
        }
    }
}

impl Batch {
    fn of(dialect: &'static Dialect, adoption: &'static Adoption, found: &Found) -> Self {
        let table = quote(dialect, adoption.table.name);
        let side = quote(dialect, adoption.set_aside);
        let id = adoption.table.primary_key[0];
        let key = batch_key(dialect, id);
        let id = quote(dialect, id);
        let place = |number| placeholder(dialect, number);
        let between = format!("{key} BETWEEN {} AND {}", place(1), place(2));
        let repairs = repairs(dialect, adoption, found);
        let repair = (!repairs.is_empty()).then(|| {
            let values: Vec<String> = repairs
                .iter()
                .map(|one| format!("{} = {}", one.column, one.value))
                .collect();
            let conditions: Vec<&str> = repairs.iter().map(|one| one.condition.as_str()).collect();
            format!(
                "UPDATE {table} SET {} WHERE {between} AND ({})",
                values.join(", "),
                conditions.join(" OR ")
            )
            .into()
        });
        let rules = rules(dialect, adoption, found);
        let columns: Vec<String> = found
            .0
            .columns
            .iter()
            .map(|column| quote(dialect, &column.name))
            .collect();
        let columns = columns.join(", ");
        let own = [COLUMN, RULE].map(|name| quote(dialect, name)).join(", ");
        let into = format!("INSERT INTO {side} ({columns}, {own}) SELECT {columns}, ");
        let violates: Vec<String> = rules
            .iter()
            .map(|rule| format!("({})", rule.condition))
            .chain(["1 = 0".to_owned()])
            .collect();
        let violates = format!("({})", violates.join(" OR "));
        // A row that is being changed is copied as it is afterwards.
        let lock = match dialect.family() {
            Family::Sqlite => "",
            Family::Postgres | Family::MySql => " FOR UPDATE",
        };
        let copied = match dialect.family() {
            // Keys may be NULL there, and no other transaction writes meanwhile.
            Family::Sqlite => String::new(),
            Family::Postgres | Family::MySql => format!(
                " AND {id} IN (SELECT {id} FROM {side} WHERE {id} BETWEEN {} AND {})",
                place(3),
                place(4)
            ),
        };
        Self {
            last: format!(
                "SELECT MAX(k) FROM (SELECT {key} AS k FROM {table} WHERE {key} >= {} \
                 ORDER BY {key} LIMIT {ROWS}) AS batch",
                place(1)
            )
            .into(),
            repair,
            copy: format!(
                "{into}{}, {} FROM {table} WHERE {between} AND {violates}{lock}",
                first(&rules, |rule| rule.column),
                first(&rules, |rule| rule.name)
            )
            .into(),
            delete: format!("DELETE FROM {table} WHERE {between} AND {violates}{copied}").into(),
            texts: (dialect.family() == Family::Sqlite)
                .then(|| Texts::of(dialect, adoption, found, &into)),
        }
    }

    async fn run(&self, connection: &mut dyn Connection, first: i64) -> Result<Repaired> {
        let Some(last) = number(connection, &self.last, &[integer(first)]).await? else {
            return Ok(Repaired {
                rows: 0,
                next: None,
            });
        };
        let between = [integer(first), integer(last)];
        let rows = match &self.repair {
            Some(repair) => connection.execute(repair, &between).await?,
            None => 0,
        };
        if connection.execute(&self.copy, &between).await? > 0 {
            let twice = [between[0], between[1], between[0], between[1]];
            let params = if self.texts.is_some() {
                &between[..]
            } else {
                &twice
            };
            connection.execute(&self.delete, params).await?;
        }
        if let Some(texts) = &self.texts {
            texts.set_aside(connection, &between).await?;
        }
        Ok(Repaired {
            rows,
            next: last.checked_add(1),
        })
    }
}

impl Texts {
    fn of(
        dialect: &'static Dialect,
        adoption: &'static Adoption,
        found: &Found,
        into: &str,
    ) -> Self {
        let table = quote(dialect, adoption.table.name);
        let columns: Vec<ColumnDef> = found
            .described(adoption)
            .map(|(column, _)| *column)
            .filter(is_text)
            .collect();
        let names: Vec<String> = columns
            .iter()
            .map(|column| quote(dialect, column.name))
            .collect();
        let mut read = vec![NUMBERS[0]];
        read.extend(columns);
        Self {
            columns: read,
            select: format!(
                "SELECT rowid, {} FROM {table} WHERE rowid BETWEEN ? AND ?",
                names.join(", ")
            )
            .into(),
            copy: format!("{into}?, 'invalid_utf8' FROM {table} WHERE rowid = ?").into(),
            delete: format!("DELETE FROM {table} WHERE rowid = ?").into(),
        }
    }

    async fn set_aside(
        &self,
        connection: &mut dyn Connection,
        between: &[Param<'_>],
    ) -> Result<()> {
        let mut unreadable = Vec::new();
        connection
            .query(&self.select, between, &self.columns, &mut |row| {
                let found = (1..self.columns.len()).find(|index| row.text(*index).is_err());
                if let (Some(index), Some(rowid)) = (found, row.integer(0)?) {
                    unreadable.push((rowid, self.columns[index].name));
                }
                Ok(())
            })
            .await?;
        for (rowid, column) in unreadable {
            let params = [text(column), integer(rowid)];
            connection.execute(&self.copy, &params).await?;
            connection.execute(&self.delete, &params[1..]).await?;
        }
        Ok(())
    }
}

/// An expression: the first rule that a row violates, as a text.
fn first(rules: &[Rule], text: impl Fn(&Rule) -> &'static str) -> String {
    let cases: Vec<String> = rules
        .iter()
        .map(|rule| format!("WHEN {} THEN '{}'", rule.condition, text(rule)))
        .chain(["WHEN 1 = 0 THEN ''".to_owned()])
        .collect();
    format!("CASE {} END", cases.join(" "))
}

const fn integer(value: i64) -> Param<'static> {
    Param {
        value: ValueRef::I64(value),
        column_type: ColumnType::I64,
    }
}

/// The number that a query returns.
async fn number(
    connection: &mut dyn Connection,
    sql: &Arc<str>,
    params: &[Param<'_>],
) -> Result<Option<i64>> {
    let mut number = None;
    connection
        .query(sql, params, &NUMBERS, &mut |row| {
            number = row.integer(0)?;
            Ok(())
        })
        .await?;
    Ok(number)
}
