//! Partitions of `PostgreSQL`: each is a table, and rows of no month are in the DEFAULT partition.
//!
//! Verbs that change something lock the parent first, in a mode that excludes each other but no reader and no writer.

mod moved;

use chrono::{DateTime, Utc};
use genledger_contract::Result;
use genledger_contract::schema::{Month, Partition};

use super::table::{Table, overlaps};
use crate::ddl::partition::REST;

/// No statement waits long for a lock, since later statements of other sessions wait behind it. Bounds are written as UTC.
const SETTINGS: &str = "SET LOCAL lock_timeout = '3s'; SET LOCAL TimeZone = 'UTC'; \
    SET LOCAL DateStyle = 'ISO, YMD'";

const KIND: &str = "SELECT c.relkind::text, quote_ident(n.nspname) FROM pg_class c \
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)";

/// The name of each partition, its name in SQL, and its bounds.
const LIST: &str = "SELECT c.relname::text, \
        quote_ident(n.nspname) || '.' || quote_ident(c.relname), pg_get_expr(c.relpartbound, c.oid) \
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid \
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE i.inhparent = to_regclass($1)";

/// The columns that can be written.
const COLUMNS: &str = "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute \
    WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''";

/// A partition and its name in SQL.
type Named = (Partition, String);

impl Table<'_> {
    pub(super) async fn begin(&mut self) -> Result<()> {
        self.run("BEGIN").await?;
        self.run(SETTINGS).await
    }

    /// Commits, or rolls back after an error.
    pub(super) async fn end<T>(&mut self, outcome: Result<T>) -> Result<T> {
        match outcome {
            Ok(value) => self.run("COMMIT").await.map(|()| value),
            Err(error) => {
                // If this fails too, the connection is lost, which also rolls back.
                drop(self.run("ROLLBACK").await);
                Err(error)
            }
        }
    }

    /// The kind of the table (`p` with partitions) and its quoted schema, if it exists.
    pub(super) async fn postgres_kind(&mut self) -> Result<Option<(String, String)>> {
        let name = self.name();
        let rows = self.texts(2, KIND, &[&name]).await?;
        let pair = |row: Vec<String>| <[String; 2]>::try_from(row).ok().map(Into::into);
        Ok(rows.into_iter().next().and_then(pair))
    }

    pub(super) async fn postgres_list(&mut self) -> Result<Vec<Partition>> {
        self.begin().await?;
        let listed = self.listed().await;
        let (_, listed) = self.end(listed).await?;
        Ok(listed.into_iter().map(|(partition, _)| partition).collect())
    }

    /// The quoted schema, and the partitions in order.
    async fn listed(&mut self) -> Result<(String, Vec<Named>)> {
        let schema = match self.postgres_kind().await? {
            Some((kind, schema)) if kind == "p" => schema,
            _ => return Err(Self::not_partitioned()),
        };
        let name = self.name();
        let mut listed = Vec::new();
        for row in self.texts(3, LIST, &[&name]).await? {
            if let [name, sql, bounds] = &row[..] {
                listed.push((self.parsed(name, bounds)?, sql.clone()));
            }
        }
        listed.sort_by_key(|(one, _)| (one.is_rest, one.from, one.before));
        Ok((schema, listed))
    }

    /// A partition in the spelling of the server: `FOR VALUES FROM ('0') TO (MAXVALUE)`, or `DEFAULT`.
    fn parsed(&self, name: &str, bounds: &str) -> Result<Partition> {
        let mut parts = bounds.split(['(', ')']);
        let is_rest = bounds == "DEFAULT";
        let (from, before) = if is_rest {
            (None, None)
        } else {
            let (from, to) = (parts.nth(1), parts.nth(1));
            (
                self.bound(from.unwrap_or_default())?,
                self.bound(to.unwrap_or_default())?,
            )
        };
        Ok(Partition::new(name.to_owned(), from, before, is_rest))
    }

    /// Creates a month; `false` if it exists.
    pub(super) async fn postgres_create(&mut self, month: Month) -> Result<bool> {
        self.begin().await?;
        let created = self.create_month(month).await;
        self.end(created).await
    }

    async fn create_month(&mut self, month: Month) -> Result<bool> {
        let name = self.name();
        self.run(&format!(
            "LOCK TABLE ONLY {name} IN SHARE UPDATE EXCLUSIVE MODE"
        ))
        .await?;
        let (schema, listed) = self.listed().await?;
        if listed.iter().any(|(one, _)| overlaps(one, month)) {
            return Ok(false);
        }
        let rest = listed.into_iter().find(|(one, _)| one.is_rest);
        let part = format!("{schema}.{}", self.quoted(&format!("_{month}")));
        // Attached afterwards, which locks the parent less than creating a partition does.
        self.run(&format!("CREATE TABLE {part} (LIKE {name} INCLUDING ALL)"))
            .await?;
        let (from, before) = (self.literal(month.start()), self.literal(month.end()));
        match rest {
            Some((_, rest)) => {
                let column = self.column();
                let rows = format!("{column} >= {from} AND {column} < {before}");
                self.move_rows(&rest, &part, &rows).await?;
            }
            None => self.create_rest(&schema).await?,
        }
        self.run(&format!(
            "ALTER TABLE {name} ATTACH PARTITION {part} FOR VALUES FROM ({from}) TO ({before})"
        ))
        .await?;
        Ok(true)
    }

    /// Moves rows from the partition for the rest into a table that is attached in the same transaction.
    async fn move_rows(&mut self, rest: &str, part: &str, rows: &str) -> Result<()> {
        let some = format!("SELECT '1' FROM ONLY {rest} WHERE {rows} LIMIT 1");
        // Attaching excludes readers of the rest as well; while rows are moved they can read.
        let mode = if self.any(&some, &[]).await? {
            "SHARE ROW EXCLUSIVE"
        } else {
            "ACCESS EXCLUSIVE"
        };
        self.run(&format!("LOCK TABLE ONLY {rest} IN {mode} MODE"))
            .await?;
        if !self.any(&some, &[]).await? {
            return Ok(());
        }
        let name = self.name();
        let columns = self.texts(1, COLUMNS, &[&name]).await?.concat().concat();
        self.run(&format!(
            "WITH moved AS (DELETE FROM ONLY {rest} WHERE {rows} RETURNING {columns}) \
             INSERT INTO {part} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM moved"
        ))
        .await
    }

    pub(super) async fn create_rest(&mut self, schema: &str) -> Result<()> {
        let (name, rest) = (self.name(), self.quoted(REST));
        self.run(&format!(
            "CREATE TABLE {schema}.{rest} (LIKE {name} INCLUDING ALL)"
        ))
        .await?;
        self.run(&format!(
            "ALTER TABLE {name} ATTACH PARTITION {schema}.{rest} DEFAULT"
        ))
        .await
    }

    /// Drops the partitions before a time.
    pub(super) async fn postgres_drop(&mut self, time: DateTime<Utc>) -> Result<Vec<Partition>> {
        self.begin().await?;
        let dropped = self.drop_months(time).await;
        self.end(dropped).await
    }

    async fn drop_months(&mut self, time: DateTime<Utc>) -> Result<Vec<Partition>> {
        let name = self.name();
        self.run(&format!("LOCK TABLE ONLY {name} IN ACCESS EXCLUSIVE MODE"))
            .await?;
        let (_, listed) = self.listed().await?;
        let mut dropped = Vec::new();
        for (partition, sql) in listed {
            if partition.is_before(time) {
                self.run(&format!("DROP TABLE {sql}")).await?;
                dropped.push(partition);
            }
        }
        Ok(dropped)
    }
}
