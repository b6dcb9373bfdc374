//! SQLite through Diesel.

use anyhow::Result;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::diesel_model::model;
use crate::row::LogRow;
use crate::writer::Writer;

model!(Text, String);

/// Opens the file in WAL mode with `synchronous = NORMAL`.
pub fn connect(url: &str) -> Result<SqliteConnection> {
    let mut connection = SqliteConnection::establish(url.trim_start_matches("sqlite:"))?;
    connection.batch_execute("PRAGMA synchronous = NORMAL")?;
    Ok(connection)
}

/// `insert_into(…).values(&many)`.
pub struct Insert {
    pub url: String,
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
        // On the caller's thread: no other task runs on it here.
        diesel::insert_into(logs::table)
            .values(&rows)
            .execute(session)?;
        Ok(())
    }
}

/// Reads the newest rows and returns their number.
///
/// # Errors
/// Those of the database.
pub fn newest(connection: &mut SqliteConnection, rows: i64) -> Result<usize> {
    let query = logs::table
        .order((logs::created_at.desc(), logs::id.desc()))
        .limit(rows);
    Ok(query.load::<Log>(connection)?.len())
}
