//! The table that records which scripts were run.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use genledger_contract::row::{RowBatch, ValueRef};
use genledger_contract::schema::Script;
use genledger_contract::statement::{Predicate, Select};
use genledger_contract::table::ColumnType;
use genledger_contract::{Entity, Error, Result};
use sha2::{Digest, Sha256};

use crate::connection::{Connection, Param};
use crate::dialect::{Dialect, Family};
use crate::lower::{Lower, bulk_insert};
use crate::shape::Lock;

/// The scripts that were run: those of the library's sets, and those of the application's.
#[derive(Clone, Debug, Entity)]
#[entity(crate = genledger_contract, table = "_genledger_migrations", key(set_name, version))]
pub(super) struct ScriptRecord {
    /// The set.
    #[column(max_chars = 64)]
    set_name: String,
    /// The version of the script in its set.
    version: i64,
    /// What the script does.
    #[column(max_chars = 255)]
    name: String,
    /// SHA-256 of the script.
    #[column(max_chars = 64)]
    checksum: String,
    /// `started` until it is `done`. A script that has only started was cut short, on a server that
    /// cannot undo a change of the schema.
    #[column(max_chars = 16)]
    state: String,
    /// When it was noted.
    noted_at: DateTime<Utc>,
}

const STARTED: &str = "started";
const DONE: &str = "done";

/// The recorded state of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// There is no record.
    New,
    /// It has started and may have been interrupted.
    Started {
        /// Whether the script is unchanged since it started.
        same: bool,
    },
    /// It was run.
    Done,
}

/// The records of all sets.
#[derive(Debug, Default)]
pub(super) struct History(HashMap<(String, i64), ScriptRecord>);

impl History {
    /// Reads the records.
    pub(super) async fn read(
        connection: &mut dyn Connection,
        dialect: &'static Dialect,
    ) -> Result<Self> {
        let select = Select::all_columns(ScriptRecord::TABLE, Predicate::True);
        let limits = connection.limits();
        let statement =
            Lower::new(dialect, limits, ScriptRecord::TABLE).select(&select, Lock::No)?;
        let mut all = HashMap::new();
        connection
            .query(
                statement.sql(),
                &statement.params(),
                ScriptRecord::TABLE.columns,
                &mut |row| {
                    let one = ScriptRecord::read(row)?;
                    all.insert((one.set_name.clone(), one.version), one);
                    Ok(())
                },
            )
            .await?;
        Ok(Self(all))
    }

    /// Returns the recorded state of a script.
    ///
    /// # Errors
    /// Returns [`Schema`](genledger_contract::ErrorKind::Schema) when it has changed since it was run.
    pub(super) fn state(&self, set: &str, script: &Script) -> Result<State> {
        let Some(record) = self.0.get(&(set.to_owned(), script.version.into())) else {
            return Ok(State::New);
        };
        let same = record.checksum == checksum(script);
        match (record.state.as_str(), same) {
            (DONE, true) => Ok(State::Done),
            (DONE, false) => Err(Error::new(
                genledger_contract::ErrorKind::Schema,
                format!(
                    "the script {} {} of {set} has changed since it was run",
                    script.version, script.name
                ),
            )),
            _ => Ok(State::Started { same }),
        }
    }
}

/// Records that a script has started.
pub(super) async fn start(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    set: &str,
    script: &Script,
) -> Result<()> {
    record(connection, dialect, set, script, STARTED).await
}

/// Records a script as done that need not be run.
pub(super) async fn skip(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    set: &str,
    script: &Script,
) -> Result<()> {
    record(connection, dialect, set, script, DONE).await
}

#[expect(
    clippy::disallowed_methods,
    reason = "informational; nothing depends on it"
)]
async fn record(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    set: &str,
    script: &Script,
    state: &str,
) -> Result<()> {
    let rows = RowBatch::of(&[ScriptRecord {
        set_name: set.to_owned(),
        version: script.version.into(),
        name: script.name.to_owned(),
        checksum: checksum(script),
        state: state.to_owned(),
        noted_at: Utc::now(),
    }])?;
    let sql = bulk_insert(dialect, ScriptRecord::TABLE, 1, &[]);
    connection.insert_rows(&sql, &rows, &[0]).await.map(drop)
}

/// Records a script that was done as started again.
pub(super) async fn restart(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    set: &str,
    script: &Script,
) -> Result<()> {
    let sql = sql(
        dialect,
        "UPDATE _genledger_migrations SET state = 'started' WHERE set_name = ? AND version = ?",
    );
    let params = [text(set), version(script)];
    connection.execute(&sql, &params).await.map(drop)
}

/// Records a started script as done.
pub(super) async fn finish(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    set: &str,
    script: &Script,
) -> Result<()> {
    let checksum = checksum(script);
    let sql = sql(
        dialect,
        "UPDATE _genledger_migrations SET state = 'done', checksum = ? \
         WHERE set_name = ? AND version = ?",
    );
    let params = [text(&checksum), text(set), version(script)];
    connection.execute(&sql, &params).await.map(drop)
}

/// Removes the record of a started script that had no effect.
pub(super) async fn remove(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    set: &str,
    script: &Script,
) -> Result<()> {
    let sql = sql(
        dialect,
        "DELETE FROM _genledger_migrations \
         WHERE state = 'started' AND set_name = ? AND version = ?",
    );
    let params = [text(set), version(script)];
    connection.execute(&sql, &params).await.map(drop)
}

/// SQL with the dialect's placeholders.
pub(super) fn sql(dialect: &Dialect, sql: &str) -> Arc<str> {
    if dialect.family() != Family::Postgres {
        return sql.into();
    }
    let mut parts = sql.split('?');
    let mut numbered = parts.next().unwrap_or_default().to_owned();
    for (number, part) in (1..).zip(parts) {
        // Writing to a string never fails.
        let _ = write!(numbered, "${number}{part}");
    }
    numbered.into()
}

/// A text as a parameter.
pub(super) const fn text(text: &str) -> Param<'_> {
    Param {
        value: ValueRef::Text(text),
        column_type: ColumnType::Text { max_chars: 255 },
    }
}

fn version(script: &Script) -> Param<'static> {
    Param {
        value: ValueRef::I64(script.version.into()),
        column_type: ColumnType::I64,
    }
}

/// The checksum of a script, independent of the line endings of the checkout.
fn checksum(script: &Script) -> String {
    let mut hash = Sha256::new();
    for line in script.sql.lines() {
        hash.update(line.as_bytes());
        hash.update(b"\n");
    }
    let mut hex = String::with_capacity(64);
    for byte in hash.finalize() {
        // Writing to a string never fails.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
