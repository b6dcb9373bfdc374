//! Filling the table of a benchmark that reads.

use anyhow::{Result, ensure};
use peers::loader;

use crate::data::Data;
use crate::database::Database;

/// Adds rows with the database's own loader, so that what is read does not depend on the library.
pub(crate) async fn load(database: Database, url: &str, data: &Data) -> Result<()> {
    let (null, load) = match database {
        Database::Postgres => ("NULL", loader::psql(url)),
        Database::Mariadb | Database::Mysql => ("NULL", loader::load_data(url)?),
        Database::Sqlite => ("", loader::sqlite3(url)),
    };
    for file in data.csv(1, null)? {
        let status = load(&file).status().await?;
        ensure!(status.success(), "the loader ended with {status}");
    }
    Ok(())
}
