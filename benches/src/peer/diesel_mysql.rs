//! MariaDB and MySQL through diesel-async.

use anyhow::Result;
use diesel_async::{AsyncConnection, AsyncMysqlConnection, RunQueryDsl};

use super::diesel_model::model;
use crate::contender::Writer;
use crate::row::LogRow;

model!(Text, String);

/// Connects.
pub(crate) async fn connect(url: &str) -> Result<AsyncMysqlConnection> {
    Ok(AsyncMysqlConnection::establish(url).await?)
}

/// `insert_into(…).values(&many)`.
pub(crate) struct Insert {
    pub(crate) url: String,
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
