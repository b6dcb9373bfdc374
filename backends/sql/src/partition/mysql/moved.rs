//! Moves a table over: its rows are copied into a table with partitions, which then takes its name.
//!
//! 1. An empty table with partitions is created: `logs_partitioning`.
//! 2. Triggers repeat on it what writers do to the table.
//! 3. The older rows are copied in batches.
//! 4. It is verified that both have the same keys; then RENAME exchanges their names at once, and the old one is dropped.
//!
//! ALTER TABLE … PARTITION BY would block all writers until it has copied the whole table.

use std::time::Duration;

use genledger_contract::schema::Month;
use genledger_contract::{Error, Result};

use super::super::table::Table;
use crate::ddl::partition::mysql_rest;
use crate::ddl::quote;

/// The suffix of the table with partitions, and after the exchange of the one without. So the name exists all the time:
/// a statement of a writer that had to wait for the exchange may still open the table that the triggers write to.
pub(super) const NEW: &str = "_partitioning";
/// The suffix of a name that only exists during the exchange.
const BETWEEN: &str = "_unpartitioned";
/// The time for such statements, before the table is dropped.
const LAST_STATEMENTS: Duration = Duration::from_secs(1);
/// The suffixes of the triggers, in the order in which they are created: a row that was inserted is never copied
/// without its deletion.
const TRIGGERS: [&str; 3] = [
    "_partitioning_delete",
    "_partitioning_update",
    "_partitioning_insert",
];

/// The time between the creation of two triggers.
const BETWEEN_TRIGGERS: Duration = Duration::from_millis(50);

const TABLE: &str = "SELECT table_name FROM information_schema.tables \
    WHERE table_schema = coalesce(nullif(?, ''), DATABASE()) AND table_name = ?";

const TRIGGERS_OF: &str = "SELECT trigger_name FROM information_schema.triggers \
    WHERE event_object_schema = coalesce(nullif(?, ''), DATABASE()) AND event_object_table = ?";

/// Foreign keys of the table, and to it.
const FOREIGN_KEYS: &str = "SELECT constraint_name FROM information_schema.key_column_usage \
    WHERE referenced_table_name IS NOT NULL AND ( \
        table_schema = coalesce(nullif(?, ''), DATABASE()) AND table_name = ? \
        OR referenced_table_schema = coalesce(nullif(?, ''), DATABASE()) AND referenced_table_name = ?)";

const OTHER_KEYS: &str = "SELECT index_name FROM information_schema.statistics \
    WHERE table_schema = coalesce(nullif(?, ''), DATABASE()) AND table_name = ? \
        AND non_unique = 0 AND index_name <> 'PRIMARY'";

const COLUMNS: &str = "SELECT column_name FROM information_schema.columns \
    WHERE table_schema = coalesce(nullif(?, ''), DATABASE()) AND table_name = ? \
        AND coalesce(generation_expression, '') = '' ORDER BY ordinal_position";

impl Table<'_> {
    /// Moves the table over; `false` if it has partitions.
    pub(in super::super) async fn mysql_move(&mut self, first: Month) -> Result<bool> {
        let (table, schema) = (self.table.name, self.table.schema.unwrap_or_default());
        if !self.mysql_partitions(table).await?.is_empty() {
            // The last step of a call that ended early.
            let left = self.any(TABLE, &[schema, &format!("{table}{NEW}")]).await?;
            return if left {
                self.drop_old().await
            } else {
                Ok(false)
            };
        }
        self.check_table().await?;
        self.create_new(first).await?;
        let columns = self.texts(1, COLUMNS, &[schema, table]).await?.concat();
        let columns: Vec<String> = columns.iter().map(|name| escaped(name)).collect();
        self.create_triggers(&columns).await?;
        self.copy_rows(&columns.join(", ")).await?;
        self.verify_copy().await?;
        let (name, between, new) = (self.name(), self.other(BETWEEN), self.other(NEW));
        self.change(&format!(
            "RENAME TABLE {name} TO {between}, {new} TO {name}, {between} TO {new}"
        ))
        .await?;
        self.drop_old().await
    }

    /// The quoted name of a table beside the table.
    pub(super) fn other(&self, suffix: &str) -> String {
        crate::ddl::partition::beside(self.dialect, self.table, suffix)
    }

    /// Drops the table without partitions, after the exchange.
    async fn drop_old(&mut self) -> Result<bool> {
        tokio::time::sleep(LAST_STATEMENTS).await;
        let old = self.other(NEW);
        // With its triggers.
        self.change(&format!("DROP TABLE IF EXISTS {old}")).await?;
        Ok(true)
    }

    async fn check_table(&mut self) -> Result<()> {
        let (table, schema) = (self.table.name, self.table.schema.unwrap_or_default());
        if !self.any(TABLE, &[schema, table]).await? {
            return Err(Self::not_partitioned());
        }
        let refused = |what: &str| {
            let message = format!("a table with {what} cannot be moved over next to writers");
            Err(Error::unsupported(message))
        };
        if self.any(OTHER_KEYS, &[schema, table]).await? {
            return refused("another unique key");
        }
        let both = [schema, table, schema, table];
        if self.any(FOREIGN_KEYS, &both).await? {
            return refused("foreign keys");
        }
        let triggers = self.texts(1, TRIGGERS_OF, &[schema, table]).await?.concat();
        let own = |name: &String| TRIGGERS.iter().any(|own| *name == format!("{table}{own}"));
        if !triggers.iter().all(own) {
            return refused("triggers");
        }
        Ok(())
    }

    /// Creates the empty table with partitions, unless an earlier call did.
    async fn create_new(&mut self, first: Month) -> Result<()> {
        let (name, new) = (self.name(), self.other(NEW));
        self.change(&format!("CREATE TABLE IF NOT EXISTS {new} LIKE {name}"))
            .await?;
        let new_name = format!("{}{NEW}", self.table.name);
        if !self.mysql_partitions(&new_name).await?.is_empty() {
            return Ok(());
        }
        let older = self.quoted(&format!("_before_{first}"));
        let bound = self.literal(first.start());
        let parts = [
            format!("PARTITION {older} VALUES LESS THAN ({bound})"),
            mysql_rest(self.dialect, self.table),
        ];
        let sql = self.repartition(&new, &parts);
        self.change(&sql).await
    }

    async fn create_triggers(&mut self, columns: &[String]) -> Result<()> {
        let (table, schema) = (self.table.name, self.table.schema.unwrap_or_default());
        let (name, new) = (self.name(), self.other(NEW));
        let all = columns.join(", ");
        let values: Vec<String> = columns.iter().map(|name| format!("NEW.{name}")).collect();
        let values = values.join(", ");
        let key = self.table.primary_key.iter();
        let key: Vec<String> = key.map(|name| quote(self.dialect, name)).collect();
        let same: Vec<String> = key
            .iter()
            .map(|name| format!("{name} = OLD.{name}"))
            .collect();
        let delete = format!("DELETE FROM {new} WHERE {}", same.join(" AND "));
        let insert = format!(
            "INSERT INTO {new} ({all}) VALUES ({values}) ON DUPLICATE KEY UPDATE {0} = {new}.{0}",
            key[0]
        );
        let bodies = [
            ("DELETE", delete.clone()),
            ("UPDATE", format!("BEGIN {delete}; {insert}; END")),
            ("INSERT", insert),
        ];
        let existing = self.texts(1, TRIGGERS_OF, &[schema, table]).await?.concat();
        for (suffix, (event, body)) in TRIGGERS.into_iter().zip(bodies) {
            if existing.contains(&format!("{table}{suffix}")) {
                continue;
            }
            // A prepared statement of MariaDB notices new triggers by their times, which count hundredths of a second:
            // with two of the same time, it fails (1146).
            tokio::time::sleep(BETWEEN_TRIGGERS).await;
            let trigger = self.other(suffix);
            self.change(&format!(
                "CREATE TRIGGER {trigger} AFTER {event} ON {name} FOR EACH ROW {body}"
            ))
            .await?;
        }
        Ok(())
    }

    /// Checks that both tables have the same keys. Each query reads both as they were at one moment.
    async fn verify_copy(&mut self) -> Result<()> {
        let (name, new) = (self.name(), self.other(NEW));
        let key = self.table.primary_key.iter();
        let key: Vec<String> = key.map(|name| quote(self.dialect, name)).collect();
        for (left, right) in [(&name, &new), (&new, &name)] {
            let same: Vec<String> = key.iter().map(|one| format!("r.{one} = l.{one}")).collect();
            let missing = format!(
                "SELECT '1' FROM {left} l LEFT JOIN {right} r ON {} WHERE r.{} IS NULL LIMIT 1",
                same.join(" AND "),
                key[0]
            );
            if self.any(&missing, &[]).await? {
                return Err(Error::corrupt(
                    "the copy of the table differs from it: drop the triggers and the copy, and begin again",
                ));
            }
        }
        Ok(())
    }
}

/// A quoted name of a column of the application.
fn escaped(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}
