//! The table that notes which scripts were run.

use std::collections::HashMap;
use std::fmt::Write;

use chrono::{DateTime, Utc};
use genledger_contract::{Entity, Error, Predicate, Result, RowBatch, Script, Select};
use sha2::{Digest, Sha256};

use crate::connection::Connection;
use crate::ddl::create_table_sql;
use crate::dialect::Dialect;
use crate::lower::{Lower, bulk_insert};
use crate::shape::Lock;

/// The migrations of the library's own tables. The host application has a history of its own.
#[derive(Clone, Debug, Entity)]
#[entity(crate = genledger_contract, table = "_genledger_migrations", key(version))]
pub(super) struct Applied {
    /// The version of the script.
    version: i64,
    /// What the script does.
    #[column(max_chars = 255)]
    name: String,
    /// SHA-256 of the script.
    #[column(max_chars = 64)]
    pub(super) checksum: String,
    /// When it was run.
    #[column(name = "applied_at")]
    run_at: DateTime<Utc>,
}

/// Makes the table unless it is there.
pub(super) async fn create(connection: &mut dyn Connection, dialect: &Dialect) -> Result<()> {
    for statement in create_table_sql(dialect, Applied::TABLE) {
        connection.run_script(&statement).await?;
    }
    Ok(())
}

/// The scripts that were run, by version.
pub(super) async fn read(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
) -> Result<HashMap<u32, Applied>> {
    let select = Select::all_columns(Applied::TABLE, Predicate::True);
    let statement =
        Lower::new(dialect, connection.limits(), Applied::TABLE).select(&select, Lock::No)?;
    let mut applied = HashMap::new();
    connection
        .query(
            statement.sql(),
            &statement.params(),
            Applied::TABLE.columns,
            &mut |row| {
                let one = Applied::read(row)?;
                let version = u32::try_from(one.version)
                    .map_err(|_| Error::corrupt("a version in the history is out of range"))?;
                applied.insert(version, one);
                Ok(())
            },
        )
        .await?;
    Ok(applied)
}

/// Notes that a script was run.
#[expect(
    clippy::disallowed_methods,
    reason = "a note for people; nothing is decided by it"
)]
pub(super) async fn note(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    script: &Script,
) -> Result<()> {
    let rows = RowBatch::of(&[Applied {
        version: script.version.into(),
        name: script.name.to_owned(),
        checksum: checksum(script),
        run_at: Utc::now(),
    }])?;
    let sql = bulk_insert(dialect, Applied::TABLE, 1, &[]);
    connection.insert_rows(&sql, &rows, &[0]).await.map(drop)
}

/// The checksum of a script, the same whatever the line ends of the checkout are.
pub(super) fn checksum(script: &Script) -> String {
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
