//! Partitions of `MySQL` and `MariaDB`: ranges without gaps, so rows before the first month are in the first
//! partition, and those after the last one in that for the rest.

mod copied;
mod moved;

use chrono::{DateTime, Utc};
use genledger_contract::schema::{Month, Partition};
use genledger_contract::{Error, ErrorKind, Result};

use super::table::Table;
use crate::ddl::partition::{by_range, mysql_rest};
use crate::ddl::{names, quote};

/// How often a change is planned again because another process has changed the partitions.
const ROUNDS: u32 = 8;

/// No statement waits long for the table, since later statements of other sessions wait behind it.
const WAIT: &str = "SET SESSION lock_wait_timeout = 3";
const NO_WAIT_LIMIT: &str = "SET SESSION lock_wait_timeout = DEFAULT";

const LIST: &str = "SELECT partition_name, coalesce(partition_description, '') \
    FROM information_schema.partitions \
    WHERE table_schema = coalesce(nullif(?, ''), DATABASE()) AND table_name = ? \
        AND partition_name IS NOT NULL ORDER BY partition_ordinal_position";

impl Table<'_> {
    /// Changes the schema, and does not wait long for the table.
    pub(super) async fn change(&mut self, sql: &str) -> Result<()> {
        self.run(WAIT).await?;
        let outcome = self.run(sql).await;
        if !matches!(&outcome, Err(error) if is_lost(error)) {
            self.run(NO_WAIT_LIMIT).await?;
        }
        outcome
    }

    pub(super) async fn mysql_list(&mut self) -> Result<Vec<Partition>> {
        let listed = self.mysql_partitions(self.table.name).await?;
        if listed.is_empty() {
            return Err(Self::not_partitioned());
        }
        Ok(listed)
    }

    /// The partitions of a table in the same schema; none if it has none or does not exist.
    async fn mysql_partitions(&mut self, table: &str) -> Result<Vec<Partition>> {
        let schema = self.table.schema.unwrap_or_default();
        let mut listed = Vec::new();
        let mut from = None;
        for row in self.texts(2, LIST, &[schema, table]).await? {
            let [name, bound] = &row[..] else {
                continue;
            };
            let before = self.bound(bound)?;
            let is_rest = before.is_none();
            listed.push(Partition::new(name.clone(), from, before, is_rest));
            from = before;
        }
        Ok(listed)
    }

    /// Creates the months without a partition that ends with them, by splitting those that they are in.
    pub(super) async fn mysql_create(&mut self, months: &[Month]) -> Result<Vec<Month>> {
        let mut created = Vec::new();
        let mut rounds = ROUNDS;
        loop {
            let listed = self.mysql_list().await?;
            let Some((split, within)) = next_split(&listed, months) else {
                return Ok(created);
            };
            let sql = self.reorganize(split, &within);
            match self.change(&sql).await {
                Ok(()) => created.extend(within),
                // Another process may have changed them since they were listed.
                Err(error) if rounds > 0 && self.has_changed(&listed, &error).await? => rounds -= 1,
                Err(error) => return Err(error),
            }
        }
    }

    fn reorganize(&self, split: &Partition, within: &[Month]) -> String {
        let mut parts: Vec<String> = within
            .iter()
            .map(|month| {
                let name = self.quoted(&format!("_{month}"));
                let before = self.literal(month.end());
                format!("PARTITION {name} VALUES LESS THAN ({before})")
            })
            .collect();
        let name = quote(self.dialect, &split.name);
        let bound = split.before.map(|before| self.literal(before));
        let bound = bound.unwrap_or_else(|| "MAXVALUE".to_owned());
        parts.push(format!("PARTITION {name} VALUES LESS THAN ({bound})"));
        let (table, parts) = (self.name(), parts.join(", "));
        format!("ALTER TABLE {table} REORGANIZE PARTITION {name} INTO ({parts})")
    }

    /// Whether the partitions have changed since they were listed, which explains an error.
    async fn has_changed(&mut self, listed: &[Partition], error: &Error) -> Result<bool> {
        if is_lost(error) || error.kind() == ErrorKind::SerializationFailure {
            return Ok(false);
        }
        Ok(self.mysql_list().await? != listed)
    }

    /// Drops the partitions before a time.
    pub(super) async fn mysql_drop(&mut self, time: DateTime<Utc>) -> Result<Vec<Partition>> {
        let mut rounds = ROUNDS;
        loop {
            let listed = self.mysql_list().await?;
            let old = listed.iter().filter(|one| one.is_before(time));
            let old: Vec<Partition> = old.cloned().collect();
            if old.is_empty() {
                return Ok(old);
            }
            let parts = names(self.dialect, old.iter().map(|one| one.name.as_str()));
            let sql = format!("ALTER TABLE {} DROP PARTITION {parts}", self.name());
            match self.change(&sql).await {
                Ok(()) => return Ok(old),
                Err(error) if rounds > 0 && self.has_changed(&listed, &error).await? => rounds -= 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// Partitions a table without rows.
    pub(super) async fn mysql_partition_if_empty(&mut self) -> Result<bool> {
        let name = self.name();
        if !self.mysql_partitions(self.table.name).await?.is_empty() || self.has_rows().await? {
            return Ok(false);
        }
        let sql = self.repartition(&name, &[mysql_rest(self.dialect, self.table)]);
        self.change(&sql).await?;
        Ok(true)
    }

    /// The statement that gives a table its primary key and partitions.
    fn repartition(&self, name: &str, parts: &[String]) -> String {
        let key = names(self.dialect, self.table.primary_key.iter().copied());
        let by_range = by_range(self.dialect, self.column.name);
        format!(
            "ALTER TABLE {name} DROP PRIMARY KEY, ADD PRIMARY KEY ({key}) {by_range} ({})",
            parts.join(", ")
        )
    }
}

/// The first partition that holds the end of a month, and all such months within it, in order.
fn next_split<'p>(
    listed: &'p [Partition],
    months: &[Month],
) -> Option<(&'p Partition, Vec<Month>)> {
    listed.iter().find_map(|one| {
        let within = months.iter().copied().filter(|month| {
            one.from.is_none_or(|from| from < month.end())
                && one.before.is_none_or(|before| month.end() < before)
        });
        let within: Vec<Month> = within.collect();
        (!within.is_empty()).then_some((one, within))
    })
}

/// Whether the connection is lost.
fn is_lost(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Unavailable | ErrorKind::OutcomeUnknown | ErrorKind::Aborted
    )
}
