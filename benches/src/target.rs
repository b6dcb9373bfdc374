//! The table of a run: a database of its own on a server, or a file.

mod mysql;
mod postgres;
mod sqlite;

use std::path::Path;

use anyhow::Result;
use async_trait::async_trait;

use crate::checksum::Checksum;
use crate::database::Database;
use crate::schema::Indexes;

pub(crate) use mysql::MySqlTarget;
pub(crate) use postgres::PostgresTarget;
pub(crate) use sqlite::SqliteTarget;

/// The table of a run.
#[async_trait]
pub(crate) trait Target: Send + Sync {
    /// The URL that contenders connect to.
    fn url(&self) -> &str;

    /// Creates the table again, with these indexes.
    async fn create(&self, indexes: Indexes) -> Result<()>;

    /// Empties the table, and completes the server's pending work of the round before.
    async fn empty(&self) -> Result<()>;

    /// Brings the statistics up to date, as the database would do it by itself after a while.
    async fn settle(&self) -> Result<()>;

    /// The checksum of the table.
    async fn checksum(&self) -> Result<Checksum>;

    /// The version of the database, and those of its settings that matter.
    async fn describe(&self) -> Result<String>;

    /// Removes everything.
    async fn remove(&self) -> Result<()>;
}

/// Makes a database for a run.
pub(crate) async fn open(database: Database, folder: &Path) -> Result<Box<dyn Target>> {
    Ok(match database {
        Database::Postgres => Box::new(PostgresTarget::open(&database.url()?).await?),
        Database::Mariadb | Database::Mysql => Box::new(MySqlTarget::open(database).await?),
        Database::Sqlite => Box::new(SqliteTarget::open(folder)?),
    })
}

/// The name of the run's database: runs at the same time have their own.
fn scratch_name() -> String {
    format!("genledger_bench_{}", std::process::id())
}

/// The URL of another database on the same server.
fn with_database(url: &str, database: &str) -> Result<String> {
    let mut url = url::Url::parse(url)?;
    url.set_path(database);
    Ok(url.into())
}
