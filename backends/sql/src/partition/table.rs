//! A table whose partitions are changed, on a connection.

use chrono::{DateTime, NaiveDateTime, Utc};
use genledger_contract::row::{RowReader, ValueRef};
use genledger_contract::schema::{Month, Partition};
use genledger_contract::table::{ColumnDef, ColumnType, TableDef};
use genledger_contract::{Error, ErrorKind, Result};

use crate::connection::{Connection, Param};
use crate::ddl::{quote, table_name};
use crate::dialect::{Dialect, Family};

/// A table, on a connection outside of a transaction.
pub(crate) struct Table<'c> {
    pub(super) connection: &'c mut dyn Connection,
    pub(super) dialect: &'static Dialect,
    pub(super) table: &'static TableDef,
    /// The column by whose months it is partitioned.
    pub(super) column: &'static ColumnDef,
}

/// The columns of a result of texts.
const TEXTS: [ColumnDef; 4] = [ColumnDef::new("text", ColumnType::LongText); 4];

impl<'c> Table<'c> {
    /// The table, which the layout partitions.
    pub(crate) fn new(
        connection: &'c mut dyn Connection,
        dialect: &'static Dialect,
        table: &'static TableDef,
    ) -> Result<Self> {
        let position = table.partitioned_by.and_then(|name| table.position(name));
        let Some(position) = position else {
            return Err(Error::unsupported(
                "the layout does not partition the table",
            ));
        };
        Ok(Self {
            connection,
            dialect,
            table,
            column: &table.columns[position],
        })
    }

    /// Replaces a table that exists, has no rows and no partitions; `false` if it is another one. Inside of a transaction
    /// where the database rolls back changes of the schema.
    pub(crate) async fn partition_if_empty(&mut self) -> Result<bool> {
        match self.dialect.family() {
            Family::Sqlite => Ok(false),
            Family::Postgres => self.postgres_partition_if_empty().await,
            Family::MySql => self.mysql_partition_if_empty().await,
        }
    }

    /// Whether it has rows.
    pub(crate) async fn has_rows(&mut self) -> Result<bool> {
        let some = format!("SELECT '1' FROM {} LIMIT 1", self.name());
        self.any(&some, &[]).await
    }

    /// Its quoted name.
    pub(super) fn name(&self) -> String {
        table_name(self.dialect, self.table)
    }

    /// The name of its column.
    pub(super) fn column(&self) -> String {
        quote(self.dialect, self.column.name)
    }

    /// A quoted name: that of the table with a suffix.
    pub(super) fn quoted(&self, suffix: &str) -> String {
        quote(self.dialect, &format!("{}{suffix}", self.table.name))
    }

    /// Runs SQL without a result.
    pub(super) async fn run(&mut self, sql: &str) -> Result<()> {
        self.connection.run_script(sql).await
    }

    /// The rows of a query, whose columns are texts; NULL is empty.
    pub(super) async fn texts(
        &mut self,
        columns: usize,
        sql: &str,
        params: &[&str],
    ) -> Result<Vec<Vec<String>>> {
        let params: Vec<_> = params.iter().map(|param| text(param)).collect();
        let mut rows = Vec::new();
        let mut visit = |row: &dyn RowReader| {
            let mut texts = Vec::with_capacity(columns);
            for column in 0..columns {
                texts.push(row.text(column)?.unwrap_or_default().to_owned());
            }
            rows.push(texts);
            Ok(())
        };
        let (sql, columns) = (sql.into(), &TEXTS[..columns]);
        self.connection
            .query(&sql, &params, columns, &mut visit)
            .await?;
        Ok(rows)
    }

    /// Whether a query returns a row.
    pub(super) async fn any(&mut self, sql: &str, params: &[&str]) -> Result<bool> {
        Ok(!self.texts(1, sql, params).await?.is_empty())
    }

    /// The literal of a bound.
    pub(super) fn literal(&self, time: DateTime<Utc>) -> String {
        match (self.column.column_type, self.dialect.family()) {
            (ColumnType::UnixSeconds, _) => time.timestamp().to_string(),
            (ColumnType::UnixMillis, _) => time.timestamp_millis().to_string(),
            // With its zone, so that it does not depend on that of the session.
            (_, Family::Postgres) => time.format("'%Y-%m-%d %H:%M:%S+00'").to_string(),
            (..) => time.format("'%Y-%m-%d %H:%M:%S'").to_string(),
        }
    }

    /// The time of a bound in the spelling of the database, where the zone of the session is UTC; `None` for no bound.
    pub(super) fn bound(&self, text: &str) -> Result<Option<DateTime<Utc>>> {
        let text = text.trim().trim_matches('\'');
        if matches!(text, "MINVALUE" | "MAXVALUE") {
            return Ok(None);
        }
        let time = match self.column.column_type {
            ColumnType::UnixSeconds => {
                let second = text.parse().ok();
                second.and_then(|second| DateTime::from_timestamp(second, 0))
            }
            ColumnType::UnixMillis => text.parse().ok().and_then(DateTime::from_timestamp_millis),
            _ => {
                let text = text.strip_suffix("+00").unwrap_or(text);
                let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok();
                time.map(|time| time.and_utc())
            }
        };
        time.map(Some).ok_or_else(|| {
            Error::new(
                ErrorKind::Schema,
                "a partition has a bound that is not a time",
            )
        })
    }

    /// The error for a table without partitions.
    pub(super) fn not_partitioned() -> Error {
        Error::new(
            ErrorKind::Schema,
            "the table is missing, or has no partitions in the database: `migrate` partitions a table without rows, \
             and `Partitions::partition` moves one with rows over",
        )
    }
}

/// Whether a partition can hold rows of a month.
pub(super) fn overlaps(one: &Partition, month: Month) -> bool {
    !one.is_rest
        && one.from.is_none_or(|from| from < month.end())
        && one.before.is_none_or(|before| before > month.start())
}

const fn text(text: &str) -> Param<'_> {
    Param {
        value: ValueRef::Text(text),
        column_type: ColumnType::LongText,
    }
}
