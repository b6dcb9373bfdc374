//! A file.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use async_trait::async_trait;
use rusqlite::Connection;

use super::Target;
use crate::checksum::Checksum;
use crate::database::Database;
use crate::schema::Indexes;

pub(crate) struct SqliteTarget {
    path: PathBuf,
    url: String,
    indexes: Mutex<Indexes>,
}

impl SqliteTarget {
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let path = folder.join("bench.db");
        let target = Self {
            url: format!("sqlite:{}", path.display()),
            path,
            indexes: Mutex::new(Indexes::Lean),
        };
        // What a run that was interrupted has left.
        target.delete()?;
        Ok(target)
    }

    fn delete(&self) -> Result<()> {
        for end in ["", "-wal", "-shm", "-journal"] {
            let mut file = self.path.clone().into_os_string();
            file.push(end);
            match std::fs::remove_file(file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error.into());
                }
                _ => {}
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Target for SqliteTarget {
    fn url(&self) -> &str {
        &self.url
    }

    async fn create(&self, indexes: Indexes) -> Result<()> {
        *self.indexes.lock().unwrap_or_else(PoisonError::into_inner) = indexes;
        self.empty().await
    }

    async fn empty(&self) -> Result<()> {
        self.delete()?;
        let connection = Connection::open(&self.path)?;
        // As the library makes a file. Both are kept in it, so they hold for the shell as well.
        connection.pragma_update(None, "page_size", 8192)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        let indexes = *self.indexes.lock().unwrap_or_else(PoisonError::into_inner);
        for sql in indexes.statements(Database::Sqlite) {
            connection.execute_batch(&sql)?;
        }
        Ok(())
    }

    async fn settle(&self) -> Result<()> {
        // SQLite gathers no statistics by itself.
        Ok(())
    }

    async fn checksum(&self) -> Result<Checksum> {
        let sql = Checksum::query("length", "INTEGER", "\"group\"", "other", "is_stream");
        let connection = Connection::open(&self.path)?;
        Ok(connection.query_row(&sql, [], |row| {
            Ok(Checksum {
                count: row.get(0)?,
                ids: row.get(1)?,
                numbers: row.get(2)?,
                streams: row.get(3)?,
                texts: row.get(4)?,
                others: row.get(5)?,
            })
        })?)
    }

    async fn describe(&self) -> Result<String> {
        Ok(format!(
            "{} (bundled), WAL, synchronous NORMAL, pages of 8 KiB",
            rusqlite::version()
        ))
    }

    async fn remove(&self) -> Result<()> {
        self.delete()
    }
}
