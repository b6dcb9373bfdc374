//! Filling the table of a benchmark that reads.

use anyhow::Result;

use crate::data::Data;
use crate::database::Database;
use crate::peer::loader;

/// Adds rows with the database's own loader, so that what is read does not depend on the library.
pub(crate) async fn load(database: Database, url: &str, data: &Data) -> Result<()> {
    let loader = match database {
        Database::Postgres => loader::psql(url, 1),
        Database::Mariadb | Database::Mysql => loader::load_data(url, 1)?,
        Database::Sqlite => loader::sqlite3(url),
    };
    loader.prepare(data).await?.await
}
