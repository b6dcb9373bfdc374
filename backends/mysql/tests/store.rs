//! What the conformance suite does not ask of every backend: the application's own SQL, pools of its
//! own, limits of time and size, and what errors say.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "support/locked.rs"]
mod locked;
#[path = "support/server.rs"]
mod server;

use std::time::{Duration, Instant};

use genledger_contract::{
    Entity, Error, ErrorKind, MAX_TEXT_BYTES, MigrationSet, Result, Script, SessionExt, Store,
    StoreExt, Transaction,
};
use genledger_mysql::sqlx::mysql::MySqlPoolOptions;
use genledger_mysql::sqlx::{self, Connection};
use genledger_mysql::{MySqlConfig, MySqlStore, PoolConfig};
use genledger_sql::{MYSQL, create_table_sql};

use server::{Database, Server};

/// A note.
#[derive(Clone, Debug, PartialEq, Eq, Entity)]
#[entity(crate = genledger_contract, table = "notes", key(id), unique(title))]
struct Note {
    /// Its number.
    id: i64,
    /// Its title.
    #[column(max_chars = 40)]
    title: String,
    /// How often it was read.
    #[column(filter)]
    hits: i32,
    /// What it says.
    body: Option<String>,
}

impl Note {
    fn new(id: i64, title: &str) -> Self {
        Self {
            id,
            title: title.to_owned(),
            hits: 0,
            body: None,
        }
    }
}

async fn migrated(config: MySqlConfig) -> MySqlStore {
    let store = MySqlStore::connect(config).await.unwrap();
    let sql: &'static str = create_table_sql(&MYSQL, Note::TABLE).join(";\n").leak();
    let script = Script {
        dialect: "mysql",
        version: 1,
        name: "notes",
        sql,
    };
    store
        .migrate(&MigrationSet {
            tables: &[Note::TABLE],
            scripts: Box::leak(Box::new([script])),
        })
        .await
        .unwrap();
    store
}

async fn notes(server: Server) -> (Database, MySqlStore) {
    let database = Database::new(server).await;
    let store = migrated(database.config(server.options(), 2)).await;
    (database, store)
}

fn fails<T: std::fmt::Debug>(answer: Result<T>, kind: ErrorKind) -> Error {
    let error = answer.unwrap_err();
    assert_eq!(error.kind(), kind, "{error:?}");
    error
}

/// The servers that the run was asked for.
fn servers() -> impl Iterator<Item = Server> {
    [Server::MariaDb, Server::MySql]
        .into_iter()
        .filter(|server| server.wanted().is_ok())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_sql_is_part_of_the_transaction() {
    for server in servers() {
        let (_database, store) = notes(server).await;
        let transaction = store.begin_own().await.unwrap();
        transaction.insert(&Note::new(1, "one")).await.unwrap();
        let title: String = transaction
            .with_connection(|connection| {
                Box::pin(async move {
                    // A transaction inside of the transaction is a savepoint.
                    let mut inner = connection.begin().await?;
                    sqlx::query("UPDATE notes SET title = 'lost'")
                        .execute(&mut *inner)
                        .await?;
                    inner.rollback().await?;
                    sqlx::query("UPDATE notes SET hits = hits + 1")
                        .execute(&mut *connection)
                        .await?;
                    sqlx::query_scalar("SELECT title FROM notes")
                        .fetch_one(connection)
                        .await
                })
            })
            .await
            .unwrap();
        assert_eq!(title, "one");
        Box::new(transaction).commit().await.unwrap();
        let note: Note = store.session().get(&1).await.unwrap();
        assert_eq!((note.hits, note.title.as_str()), (1, "one"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_sql_that_fails_poisons() {
    for server in servers() {
        let (_database, store) = notes(server).await;
        let transaction = store.begin_own().await.unwrap();
        transaction.insert(&Note::new(1, "one")).await.unwrap();
        let failed = transaction
            .with_connection(|connection| {
                Box::pin(sqlx::query("SELECT no_such_column FROM notes").execute(connection))
            })
            .await;
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::Schema);
        fails(transaction.find::<Note>(&1).await, ErrorKind::Aborted);
        fails(Box::new(transaction).commit().await, ErrorKind::Aborted);
        assert_eq!(store.session().find::<Note>(&1).await.unwrap(), None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pools_of_the_application() {
    for server in servers() {
        let pool = MySqlPoolOptions::new().max_connections(2);
        let prepared = pool.clone().after_connect(|connection, _| {
            Box::pin(genledger_mysql::prepare_connection(connection))
        });
        let pool_prepared = prepared.connect_with(server.options()).await.unwrap();
        let store = MySqlStore::from_pool(pool_prepared).await.unwrap();
        let expected = match server {
            Server::MariaDb => "MariaDB",
            Server::MySql => "MySQL",
        };
        assert_eq!(store.capability().backend, expected);
        assert!(store.capability().skip_locked);
        store.close().await;

        // The server's own defaults are REPEATABLE READ and its own time zone.
        let pool = pool.connect_with(server.options()).await.unwrap();
        fails(MySqlStore::from_pool(pool).await, ErrorKind::Invalid);
    }
}

/// What a server or an application may have set, and what a store cannot work with.
const AWKWARD: [&str; 4] = [
    "SET SESSION autocommit = 0",
    "SET SESSION completion_type = 'CHAIN'",
    "SET SESSION sql_select_limit = 1",
    "SET SESSION sql_safe_updates = 1",
];

/// Options of a pool whose connections are set in these ways, before or after they are prepared.
fn set_to(statements: &'static [&'static str], before: bool) -> MySqlPoolOptions {
    MySqlPoolOptions::new()
        .max_connections(1)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                if !before {
                    genledger_mysql::prepare_connection(connection).await?;
                }
                for statement in statements {
                    sqlx::query(*statement).execute(&mut *connection).await?;
                }
                if before {
                    genledger_mysql::prepare_connection(connection).await?;
                }
                Ok(())
            })
        })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_that_lose_writes_are_refused_or_undone() {
    for server in servers() {
        for one in AWKWARD.chunks(1) {
            let pool = set_to(one, false);
            let pool = pool.connect_with(server.options()).await.unwrap();
            let refused = MySqlStore::from_pool(pool).await;
            assert_eq!(
                refused.unwrap_err().kind(),
                ErrorKind::Invalid,
                "{server:?}: {one:?}"
            );
        }

        let (_database, store) = notes(server).await;
        let known = store.pool().connect_options();
        let there = server.options().database(known.get_database().unwrap());
        let pool = set_to(&AWKWARD, true).connect_with(there).await.unwrap();
        let prepared = MySqlStore::from_pool(pool).await.unwrap();
        let session = prepared.session();
        session.insert(&Note::new(1, "one")).await.unwrap();
        session.insert(&Note::new(2, "two")).await.unwrap();
        session
            .update_where(Note::HITS.eq(0), [Note::HITS.plus(1)])
            .await
            .unwrap();
        prepared.close().await;
        for id in [1, 2] {
            let note: Note = store.session().get(&id).await.unwrap();
            assert_eq!(note.hits, 1, "{server:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_are_not_there() {
    for server in servers() {
        let started = Instant::now();
        // A port that was free a moment ago.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let nobody = server.options().host("127.0.0.1").port(address.port());
        fails(
            MySqlStore::connect(MySqlConfig::new(nobody)).await,
            ErrorKind::Unavailable,
        );

        // One that takes connections and says nothing.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let silent = server
            .options()
            .host("127.0.0.1")
            .port(listener.local_addr().unwrap().port());
        let pool = PoolConfig::default().with_acquire_timeout(Duration::from_millis(300));
        let config = MySqlConfig::new(silent).with_pool(pool);
        fails(MySqlStore::connect(config).await, ErrorKind::Unavailable);
        assert!(started.elapsed() < Duration::from_secs(3));

        let locked = MySqlConfig::new(locked::options(server).password("not the password"));
        fails(MySqlStore::connect(locked).await, ErrorKind::Denied);
        let elsewhere = server.options().database("no_such_database");
        let error = MySqlStore::connect(MySqlConfig::new(elsewhere)).await;
        // A user without rights everywhere is not told what exists.
        let kind = error.unwrap_err().kind();
        assert!(
            matches!(kind, ErrorKind::Schema | ErrorKind::Denied),
            "{kind}"
        );
        fails(
            MySqlStore::from_url("postgres://somewhere").await,
            ErrorKind::Invalid,
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_quote_no_value() {
    for server in servers() {
        let (_database, store) = notes(server).await;
        let session = store.session();
        session.insert(&Note::new(1, "secret-1")).await.unwrap();
        let errors = [
            fails(
                session.insert(&Note::new(2, "secret-1")).await,
                ErrorKind::Conflict,
            ),
            fails(
                store
                    .begin_own()
                    .await
                    .unwrap()
                    .with_connection(|connection| {
                        Box::pin(
                            sqlx::query("INSERT INTO notes (id, title, hits) VALUES (3, ?, ?)")
                                .bind("secret-2")
                                .bind("secret-3")
                                .execute(connection),
                        )
                    })
                    .await,
                ErrorKind::Invalid,
            ),
        ];
        assert_eq!(errors[0].column(), Some("uk_notes_title"));
        assert_eq!(errors[1].column(), Some("hits"));
        for error in errors {
            let mut said = format!("{error} {error:?}");
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                said += &format!(" {cause} {cause:?}");
                source = cause.source();
            }
            assert!(!said.contains("secret"), "{said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_larger_than_a_packet_are_refused() {
    for server in servers() {
        let (_database, store) = notes(server).await;
        let session = store.session();
        let most = store.capability().max_value_bytes;
        let mut large = Note::new(1, "large");
        large.body = Some("x".repeat(most));
        session.insert(&large).await.unwrap();
        assert_eq!(session.get::<Note>(&1).await.unwrap(), large);
        let transaction = store.begin().await.unwrap();
        transaction.insert(&Note::new(2, "small")).await.unwrap();
        if most < MAX_TEXT_BYTES {
            // A packet is smaller than the library's own limit.
            large.id = 3;
            large.title = "larger".to_owned();
            large.body = Some("x".repeat(MAX_TEXT_BYTES));
            fails(transaction.insert(&large).await, ErrorKind::Invalid);
            fails(session.insert(&large).await, ErrorKind::Invalid);
        }
        drop(transaction);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_take_no_longer_than_allowed() {
    for server in servers() {
        let database = Database::new(server).await;
        let config = database
            .config(server.options(), 2)
            .with_statement_timeout(Duration::from_millis(300));
        let store = migrated(config).await;
        let session = store.session();
        session.insert(&Note::new(1, "one")).await.unwrap();
        let transaction = store.begin_own().await.unwrap();
        let slow = transaction
            .with_connection(|connection| {
                Box::pin(
                    sqlx::query_scalar::<_, i64>(
                        "SELECT count(*) FROM information_schema.columns a, \
                            information_schema.columns b, information_schema.columns c",
                    )
                    .fetch_one(connection),
                )
            })
            .await;
        fails(slow, ErrorKind::Timeout);
        drop(transaction);
        if let Server::MariaDb = server {
            let lock = store.begin().await.unwrap();
            lock.update_where(Note::ID.eq(1), [Note::HITS.plus(1)])
                .await
                .unwrap();
            let blocked = session
                .update_where(Note::ID.eq(1), [Note::HITS.plus(1)])
                .await;
            fails(blocked, ErrorKind::Timeout);
            lock.rollback().await.unwrap();
        }
        // The connection is as good as new.
        session
            .update_where(Note::ID.eq(1), [Note::HITS.plus(1)])
            .await
            .unwrap();
        assert_eq!(session.get::<Note>(&1).await.unwrap().hits, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_answer_is_given_up() {
    for server in servers() {
        let (database, store) = notes(server).await;
        store.session().insert(&Note::new(1, "one")).await.unwrap();
        let pool = PoolConfig::default()
            .with_max_connections(1)
            .with_response_timeout(Some(Duration::from_secs(1)));
        let hasty = MySqlStore::connect(database.config(server.options(), 1).with_pool(pool))
            .await
            .unwrap();
        let lock = store.begin().await.unwrap();
        lock.update_where(Note::ID.eq(1), [Note::HITS.plus(1)])
            .await
            .unwrap();
        let session = hasty.session();
        let blocked = session
            .update_where(Note::ID.eq(1), [Note::HITS.plus(1)])
            .await;
        fails(blocked, ErrorKind::OutcomeUnknown);
        let blocked = hasty
            .transaction(
                |tx| async move { tx.update_where(Note::ID.eq(1), [Note::HITS.plus(1)]).await },
            )
            .await;
        fails(blocked, ErrorKind::Timeout);
        // The one place in the pool is free again.
        assert_eq!(session.get::<Note>(&1).await.unwrap().hits, 0);
        lock.rollback().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_whose_statement_was_given_up_is_dead() {
    for server in servers() {
        let (database, _store) = notes(server).await;
        let pool = PoolConfig::default()
            .with_max_connections(1)
            .with_response_timeout(Some(Duration::from_millis(500)));
        let hasty = MySqlStore::connect(database.config(server.options(), 1).with_pool(pool))
            .await
            .unwrap();
        let transaction = hasty.begin_own().await.unwrap();
        transaction.insert(&Note::new(1, "one")).await.unwrap();
        transaction.savepoint().await.unwrap();
        let slow = transaction
            .with_connection(|connection| {
                Box::pin(sqlx::query("SELECT SLEEP(0.7)").execute(connection))
            })
            .await;
        fails(slow, ErrorKind::Timeout);
        // The answer to the first statement is still on its way.
        fails(
            transaction.rollback_to_savepoint().await,
            ErrorKind::Aborted,
        );
        fails(transaction.find::<Note>(&1).await, ErrorKind::Aborted);
        fails(Box::new(transaction).commit().await, ErrorKind::Aborted);
        assert_eq!(hasty.session().find::<Note>(&1).await.unwrap(), None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrations_take_as_long_as_they_take() {
    for server in servers() {
        let database = Database::new(server).await;
        let pool = PoolConfig::default()
            .with_max_connections(1)
            .with_response_timeout(Some(Duration::from_millis(500)));
        let hasty = database
            .config(server.options(), 1)
            .with_statement_timeout(Duration::from_millis(300))
            .with_pool(pool);
        let [first, second] = [hasty.clone(), hasty].map(MySqlStore::connect);
        let (first, second) = (first.await.unwrap(), second.await.unwrap());
        let migrations = MigrationSet {
            tables: &[],
            scripts: &[Script {
                dialect: "mysql",
                version: 1,
                name: "slow",
                sql: "DO SLEEP(0.8)",
            }],
        };
        // One of them waits for the other.
        let (one, other) = tokio::join!(first.migrate(&migrations), second.migrate(&migrations));
        assert_eq!(one.unwrap().applied.len() + other.unwrap().applied.len(), 1);
        // Other statements have their limits as before.
        let transaction = first.begin_own().await.unwrap();
        let slow = transaction
            .with_connection(|connection| {
                Box::pin(
                    sqlx::query(
                        "SELECT count(*) FROM information_schema.columns a, \
                            information_schema.columns b, information_schema.columns c",
                    )
                    .execute(connection),
                )
            })
            .await;
        let error = fails(slow, ErrorKind::Timeout);
        // Of the server, and not of this side, which waits for longer.
        assert!(std::error::Error::source(&error).is_some(), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_transaction_keeps_its_connection() {
    for server in servers() {
        let (database, _store) = notes(server).await;
        let store = MySqlStore::connect(database.config(server.options(), 1))
            .await
            .unwrap();
        let connection = async || {
            sqlx::query_scalar::<_, u64>("SELECT CONNECTION_ID()")
                .fetch_one(store.pool())
                .await
                .unwrap()
        };
        let before = connection().await;
        let transaction = store.begin().await.unwrap();
        transaction.insert(&Note::new(1, "one")).await.unwrap();
        drop(transaction);
        assert_eq!(store.session().find::<Note>(&1).await.unwrap(), None);
        assert_eq!(connection().await, before);
    }
}
