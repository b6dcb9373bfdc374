//! MariaDB and MySQL through diesel-async.

use anyhow::Result;
use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::{AsyncConnection, AsyncMysqlConnection, RunQueryDsl};

use crate::diesel_model::model;
use crate::row::LogRow;
use crate::writer::Writer;

model!(Text, String);

/// Connects.
pub async fn connect(url: &str) -> Result<AsyncMysqlConnection> {
    Ok(AsyncMysqlConnection::establish(url).await?)
}

/// `insert_into(…).values(&many)`.
pub struct Insert {
    pub url: String,
}

impl Writer for Insert {
    type Session = AsyncMysqlConnection;
    type Batch = Vec<Log>;

    async fn open(&self, callers: usize) -> Result<Vec<AsyncMysqlConnection>> {
        let mut sessions = Vec::new();
        for _ in 0..callers {
            sessions.push(connect(&self.url).await?);
        }
        Ok(sessions)
    }

    fn batch(&self, rows: &[LogRow]) -> Result<Vec<Log>> {
        Ok(rows.iter().map(Log::from).collect())
    }

    async fn write(&self, session: &mut AsyncMysqlConnection, rows: Vec<Log>) -> Result<()> {
        let insert = diesel::insert_into(logs::table).values(&rows);
        insert.execute(session).await?;
        Ok(())
    }
}

/// Reads the newest rows and answers how many they were.
///
/// # Errors
/// Those of the database.
pub async fn newest(connection: &mut AsyncMysqlConnection, rows: i64) -> Result<usize> {
    let query = logs::table
        .order((logs::created_at.desc(), logs::id.desc()))
        .limit(rows);
    Ok(query.load::<Log>(connection).await?.len())
}
