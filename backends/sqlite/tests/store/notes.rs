//! A table of notes, and the operations of the tests on it.

use std::path::Path;
use std::time::Duration;

use genledger_contract::query::AggregateQuery;
use genledger_contract::{
    Entity, ErrorKind, Filter, MigrationSet, Result, Session, SessionExt, Store,
};
use genledger_sqlite::{SqliteConfig, SqliteStore, rusqlite};

/// A note.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "notes", key(id))]
pub(crate) struct Note {
    /// Its number.
    pub(crate) id: i64,
    /// Its text.
    #[column(filter)]
    pub(crate) text: String,
}

pub(crate) fn note(id: i64) -> Note {
    Note {
        id,
        text: format!("note {id}"),
    }
}

pub(crate) async fn open(config: SqliteConfig) -> SqliteStore {
    let store = SqliteStore::connect(config).await.unwrap();
    let tables = MigrationSet::of("test", &[Note::TABLE]);
    store.migrate(&[tables]).await.unwrap();
    store
}

pub(crate) fn kind<T: std::fmt::Debug>(result: Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}

/// The number of notes.
pub(crate) async fn count(session: &dyn Session) -> i64 {
    let query = AggregateQuery::over(Filter::<Note>::all()).count();
    session.aggregate(query).await.unwrap()[0]
        .integer(0)
        .unwrap()
}

/// A connection that does not belong to a store.
pub(crate) fn raw(path: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.busy_timeout(Duration::from_secs(5)).unwrap();
    connection
}
