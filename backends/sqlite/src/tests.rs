//! Tests of internals: limits on the writer connection, and the settings of the reader connections.

use std::sync::Arc;
use std::time::Duration;

use genledger_contract::{ErrorKind, Result};
use rusqlite::ffi;

use crate::config::{SqliteConfig, Synchronous};
use crate::connection::{OpenOptions, SqliteConnection};
use crate::error::{classify, classify_commit};
use crate::pool::SqlitePool;

/// A database that can grow by this many pages.
async fn nearly_full(pages: i64) -> Arc<SqlitePool> {
    let pool = Arc::new(SqlitePool::open(SqliteConfig::memory()).unwrap());
    pool.writer()
        .run_alone(|connection| {
            let sql = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)";
            connection.raw.execute_batch(sql).map_err(classify)
        })
        .await
        .unwrap();
    limit(&pool, pages).await;
    pool
}

/// Limits the growth of the file to this many pages.
async fn limit(pool: &SqlitePool, pages: i64) {
    pool.writer()
        .run_alone(move |connection| {
            let raw = &connection.raw;
            let now: i64 = raw
                .pragma_query_value(None, "page_count", |row| row.get(0))
                .map_err(classify)?;
            raw.pragma_update_and_check(None, "max_page_count", now + pages, |_| Ok(()))
                .map_err(classify)
        })
        .await
        .unwrap();
}

fn insert(connection: &SqliteConnection, id: i64, length: usize) -> Result<()> {
    connection
        .raw
        .execute("INSERT INTO notes VALUES (?, ?)", (id, "x".repeat(length)))
        .map(drop)
        .map_err(classify)
}

async fn stored(pool: &SqlitePool) -> Vec<i64> {
    let ids = |connection: &mut SqliteConnection| -> rusqlite::Result<Vec<i64>> {
        let mut statement = connection.raw.prepare("SELECT id FROM notes ORDER BY id")?;
        statement.query_map([], |row| row.get(0))?.collect()
    };
    let read = move |connection: &mut SqliteConnection| ids(connection).map_err(classify);
    pool.readers().run(read).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn storage_that_is_full_takes_no_write_with_it() {
    let pool = nearly_full(40).await;
    let writes: Vec<_> = (0..300)
        .map(|id| {
            let pool = Arc::clone(&pool);
            tokio::spawn(async move {
                // Of one page, and sometimes of more pages than are left.
                let length = if id % 10 == 0 { 1_000_000 } else { 4_000 };
                let write = move |connection: &mut SqliteConnection| insert(connection, id, length);
                let written = if id % 3 == 0 {
                    pool.writer().run_statement(write).await
                } else {
                    pool.writer().run(write).await
                };
                (id, written)
            })
        })
        .collect();
    let mut acknowledged = Vec::new();
    for write in writes {
        match write.await.unwrap() {
            (id, Ok(())) => acknowledged.push(id),
            (_, Err(error)) => assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}"),
        }
    }
    acknowledged.sort_unstable();
    assert_eq!(stored(&pool).await, acknowledged);
    assert!(acknowledged.len() > 10, "what fits is stored");
    assert!(acknowledged.len() < 100);
    assert!(acknowledged.iter().all(|id| id % 10 != 0));
    // With more space everything works again.
    limit(&pool, 1_000).await;
    let write = |connection: &mut SqliteConnection| insert(connection, 1_000, 1_000_000);
    pool.writer().run(write).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_filled_the_storage_is_aborted() {
    use genledger_sql::Pool;
    let pool = nearly_full(10).await;
    let transaction = pool.begin().await.unwrap().0;
    transaction
        .run(|connection| insert(connection, 1, 10))
        .await
        .unwrap();
    let full = transaction
        .run(|connection| insert(connection, 2, 1_000_000))
        .await;
    assert_eq!(full.unwrap_err().kind(), ErrorKind::Unavailable);
    // SQLite has rolled back, and nothing runs outside of the transaction.
    let later = transaction
        .run(|connection| insert(connection, 3, 10))
        .await;
    assert_eq!(later.unwrap_err().kind(), ErrorKind::Aborted);
    let committed = transaction.commit().await;
    assert_eq!(committed.unwrap_err().kind(), ErrorKind::Aborted);
    assert!(stored(&pool).await.is_empty());
}

#[test]
fn errors_of_a_commit_are_certain_or_unknown() {
    for (code, kind) in [
        (ffi::SQLITE_FULL, ErrorKind::Unavailable),
        (ffi::SQLITE_BUSY, ErrorKind::SerializationFailure),
        (ffi::SQLITE_BUSY_SNAPSHOT, ErrorKind::SerializationFailure),
        (ffi::SQLITE_LOCKED, ErrorKind::SerializationFailure),
        (ffi::SQLITE_CONSTRAINT_FOREIGNKEY, ErrorKind::Invalid),
        (ffi::SQLITE_CONSTRAINT_COMMITHOOK, ErrorKind::Invalid),
        (ffi::SQLITE_READONLY, ErrorKind::Denied),
        (ffi::SQLITE_IOERR, ErrorKind::OutcomeUnknown),
        (ffi::SQLITE_IOERR_FSYNC, ErrorKind::OutcomeUnknown),
        (ffi::SQLITE_IOERR_WRITE, ErrorKind::OutcomeUnknown),
        (ffi::SQLITE_NOMEM, ErrorKind::OutcomeUnknown),
        (ffi::SQLITE_CORRUPT, ErrorKind::OutcomeUnknown),
        (ffi::SQLITE_ERROR, ErrorKind::OutcomeUnknown),
    ] {
        let error = || rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        assert_eq!(classify_commit(error()).kind(), kind, "{code}");
        let expected = match kind {
            ErrorKind::OutcomeUnknown => classify(error()).kind(),
            kind => kind,
        };
        assert_eq!(classify(error()).kind(), expected, "{code}");
        assert_ne!(expected, ErrorKind::OutcomeUnknown, "{code}");
    }
    assert_eq!(
        classify_commit(rusqlite::Error::InvalidQuery).kind(),
        ErrorKind::OutcomeUnknown
    );
}

fn setting(connection: &SqliteConnection, name: &str) -> String {
    let value = connection
        .raw
        .pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0));
    match value.unwrap() {
        rusqlite::types::Value::Integer(number) => number.to_string(),
        rusqlite::types::Value::Text(text) => text,
        other => format!("{other:?}"),
    }
}

#[test]
fn connections_have_the_settings_of_the_store() {
    let folder = tempfile::tempdir().unwrap();
    for (temporary, synchronous, level) in [
        (false, Synchronous::Normal, "1"),
        (false, Synchronous::Full, "2"),
        (true, Synchronous::Full, "0"),
    ] {
        let path = folder.path().join(format!("{level}.db"));
        let mut config = SqliteConfig::file(&path);
        config.synchronous = synchronous;
        config.cache_kib = 1_000;
        config.page_size = 2_048;
        config.wal_autocheckpoint = 77;
        config.busy_timeout = Duration::from_millis(1_234);
        let options = OpenOptions {
            path,
            config,
            temporary,
        };
        let writer = SqliteConnection::writer(&options).unwrap();
        let reader = SqliteConnection::reader(&options).unwrap();
        for (name, of_writer, of_reader) in [
            (
                "synchronous",
                level,
                setting(&reader, "synchronous").as_str(),
            ),
            ("journal_mode", "wal", "wal"),
            ("page_size", "2048", "2048"),
            (
                "wal_autocheckpoint",
                "77",
                setting(&reader, "wal_autocheckpoint").as_str(),
            ),
            ("foreign_keys", "1", "1"),
            ("cache_size", "-1000", "-250"),
            ("busy_timeout", "1234", "1234"),
            ("temp_store", "2", "2"),
            ("query_only", "0", "1"),
        ] {
            assert_eq!(setting(&writer, name), of_writer, "{name} of the writer");
            assert_eq!(setting(&reader, name), of_reader, "{name} of a reader");
        }
        // Otherwise a missing column would be a text.
        for connection in [&writer, &reader] {
            let missing = connection.raw.prepare("SELECT \"missing\"");
            assert!(missing.is_err());
        }
    }
}

/// Values that the planner may use: a LIMIT and the bound of an index.
#[test]
fn statements_are_prepared_once_whatever_their_values() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("once.db");
    let options = OpenOptions {
        config: SqliteConfig::file(&path),
        path,
        temporary: false,
    };
    let writer = SqliteConnection::writer(&options).unwrap();
    let made = "CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER); CREATE INDEX ix ON a (b);
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
        INSERT INTO a SELECT i, i % 7 FROM n; ANALYZE";
    writer.raw.execute_batch(made).unwrap();
    let reader = SqliteConnection::reader(&options).unwrap();
    for connection in [&writer, &reader] {
        let sql = "SELECT id FROM a WHERE b > ? ORDER BY id DESC LIMIT ?";
        let mut statement = connection.raw.prepare(sql).unwrap();
        for value in 0..10 {
            let mut rows = statement.query([value, value + 1]).unwrap();
            while rows.next().unwrap().is_some() {}
        }
        let again = statement.get_status(rusqlite::StatementStatus::RePrepare);
        assert_eq!(again, 0);
    }
}
