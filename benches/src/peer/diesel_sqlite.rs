//! SQLite through Diesel.

use anyhow::Result;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::diesel_model::model;
use crate::contender::Writer;
use crate::row::LogRow;

model!(Text, String);

/// Opens the file as a careful user does.
pub(crate) fn connect(url: &str) -> Result<SqliteConnection> {
    let mut connection = SqliteConnection::establish(url.trim_start_matches("sqlite:"))?;
    connection.batch_execute("PRAGMA synchronous = NORMAL")?;
    Ok(connection)
}

/// `insert_into(…).values(&many)`.
pub(crate) struct Insert {
    pub(crate) url: String,
}

impl Writer for Insert {
    type Session = SqliteConnection;
    type Batch = Vec<Log>;

    async fn open(&self, _callers: usize) -> Result<Vec<SqliteConnection>> {
        Ok(vec![connect(&self.url)?])
    }

    fn batch(&self, rows: &[LogRow]) -> Result<Vec<Log>> {
        Ok(rows.iter().map(Log::from).collect())
    }

    async fn write(&self, session: &mut SqliteConnection, rows: Vec<Log>) -> Result<()> {
        // On the caller's thread: nothing else waits for it here.
        diesel::insert_into(logs::table).values(&rows).execute(session)?;
        Ok(())
    }
}
