//! What the conformance suite does not ask of every backend: the application's own SQL, pools of its
//! own, time limits, and what errors say.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "support/locked.rs"]
mod locked;
#[path = "support/server.rs"]
mod server;

use std::time::{Duration, Instant};

use genledger_contract::{
    Entity, Error, ErrorKind, MigrationSet, Result, Script, SessionExt, Store, StoreExt,
    Transaction,
};
use genledger_postgres::sqlx::postgres::PgPoolOptions;
use genledger_postgres::sqlx::{self, Connection};
use genledger_postgres::{PgConfig, PgStore, PoolConfig};
use genledger_sql::{POSTGRES, create_table_sql};

use server::Schema;

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
}

impl Note {
    fn new(id: i64, title: &str) -> Self {
        Self {
            id,
            title: title.to_owned(),
            hits: 0,
        }
    }
}

async fn migrated(config: PgConfig) -> PgStore {
    let store = PgStore::connect(config).await.unwrap();
    let sql: &'static str = create_table_sql(&POSTGRES, Note::TABLE).join(";\n").leak();
    let script = Script {
        dialect: "postgres",
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

async fn notes() -> (Schema, PgStore) {
    let schema = Schema::new().await;
    let store = migrated(schema.config(server::options(), 2)).await;
    (schema, store)
}

fn fails<T: std::fmt::Debug>(answer: Result<T>, kind: ErrorKind) -> Error {
    let error = answer.unwrap_err();
    assert_eq!(error.kind(), kind, "{error:?}");
    error
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_sql_is_part_of_the_transaction() {
    if server::wanted().is_err() {
        return;
    }
    let (_schema, store) = notes().await;
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
                sqlx::query_scalar("UPDATE notes SET hits = hits + 1 RETURNING title")
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_sql_that_fails_poisons() {
    if server::wanted().is_err() {
        return;
    }
    let (_schema, store) = notes().await;
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

    // Also when nobody hears of it.
    let transaction = store.begin_own().await.unwrap();
    transaction.insert(&Note::new(1, "one")).await.unwrap();
    transaction
        .with_connection(|connection| {
            Box::pin(async move {
                let failed = sqlx::query("SELECT no_such_column FROM notes")
                    .execute(connection)
                    .await;
                assert!(failed.is_err());
                Ok(())
            })
        })
        .await
        .unwrap();
    fails(Box::new(transaction).commit().await, ErrorKind::Aborted);
    assert_eq!(store.session().find::<Note>(&1).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pools_of_the_application() {
    if server::wanted().is_err() {
        return;
    }
    let pool = PgPoolOptions::new().max_connections(2);
    let prepared = pool.clone().after_connect(|connection, _| {
        Box::pin(genledger_postgres::prepare_connection(connection))
    });
    let store = PgStore::from_pool(prepared.connect_with(server::options()).await.unwrap())
        .await
        .unwrap();
    assert_eq!(store.capability().backend, "PostgreSQL");
    assert!(
        store
            .capability()
            .version
            .starts_with(|first: char| first.is_ascii_digit())
    );
    store.close().await;

    let serializable = pool.after_connect(|connection, _| {
        Box::pin(async move {
            sqlx::query("SET default_transaction_isolation = 'serializable'")
                .execute(connection)
                .await
                .map(drop)
        })
    });
    let pool = serializable.connect_with(server::options()).await.unwrap();
    fails(PgStore::from_pool(pool).await, ErrorKind::Invalid);

    let elsewhere = PgPoolOptions::new().after_connect(|connection, _| {
        Box::pin(async move {
            sqlx::query("SET TimeZone = 'Europe/Paris'")
                .execute(connection)
                .await
                .map(drop)
        })
    });
    let pool = elsewhere.connect_with(server::options()).await.unwrap();
    fails(PgStore::from_pool(pool).await, ErrorKind::Invalid);
}

/// Something that is so or not.
#[derive(Clone, Debug, PartialEq, Eq, Entity)]
#[entity(crate = genledger_contract, table = "flags", key(id))]
struct Flag {
    /// Its number.
    id: i64,
    /// Whether it is so.
    is_set: bool,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_that_look_right_and_are_not() {
    if server::wanted().is_err() {
        return;
    }
    let schema = Schema::new().await;
    let store = PgStore::connect(schema.config(server::options(), 1))
        .await
        .unwrap();
    // The default collation of the database, whose provider is ICU; and a boolean is not assigned to
    // an integer.
    for sql in [
        "CREATE TABLE notes (id bigint PRIMARY KEY, title text NOT NULL, hits integer NOT NULL)",
        "CREATE TABLE flags (id bigint PRIMARY KEY, is_set integer NOT NULL)",
    ] {
        sqlx::query(sql).execute(store.pool()).await.unwrap();
    }
    let found = store
        .verify_schema(&[Note::TABLE, Flag::TABLE])
        .await
        .unwrap();
    let expected = |item: &str, expected: &str| {
        assert!(
            found
                .iter()
                .any(|one| one.item == item && one.expected == expected),
            "{found:?}"
        );
    };
    expected("title", "a binary collation");
    expected("is_set", "boolean");
    sqlx::query("ALTER TABLE notes ALTER COLUMN title TYPE text COLLATE \"C\"")
        .execute(store.pool())
        .await
        .unwrap();
    let found = store.verify_schema(&[Note::TABLE]).await.unwrap();
    assert!(found.iter().all(|one| one.item != "title"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stale_plan_goes_with_its_connection() {
    if server::wanted().is_err() {
        return;
    }
    let (schema, other) = notes().await;
    other.session().insert(&Note::new(1, "one")).await.unwrap();
    let store = PgStore::connect(schema.config(server::options(), 1))
        .await
        .unwrap();
    let change = async |sql: &'static str| {
        sqlx::query(sql).execute(other.pool()).await.unwrap();
    };
    let session = store.session();
    assert_eq!(session.get::<Note>(&1).await.unwrap().hits, 0);
    change("ALTER TABLE notes ALTER COLUMN hits TYPE bigint").await;
    let note = store
        .transaction(|tx| async move { tx.get::<Note>(&1).await })
        .await
        .unwrap();
    assert_eq!(note.hits, 0);
    change("ALTER TABLE notes ALTER COLUMN hits TYPE integer").await;
    fails(session.get::<Note>(&1).await, ErrorKind::Serialization);
    assert_eq!(session.get::<Note>(&1).await.unwrap().hits, 0);
    // Also one that the server forgot.
    sqlx::query("DEALLOCATE ALL")
        .execute(store.pool())
        .await
        .unwrap();
    assert!(session.get::<Note>(&1).await.is_err());
    assert_eq!(session.get::<Note>(&1).await.unwrap().hits, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_are_not_there() {
    if server::wanted().is_err() {
        return;
    }
    let started = Instant::now();
    // A port that was free a moment ago.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let nobody = server::options().host("127.0.0.1").port(address.port());
    fails(
        PgStore::connect(PgConfig::new(nobody)).await,
        ErrorKind::Unavailable,
    );

    // One that takes connections and says nothing.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = server::options()
        .host("127.0.0.1")
        .port(listener.local_addr().unwrap().port());
    let pool = PoolConfig::default().with_acquire_timeout(Duration::from_millis(300));
    let config = PgConfig::new(silent).with_pool(pool);
    fails(PgStore::connect(config).await, ErrorKind::Unavailable);
    assert!(started.elapsed() < Duration::from_secs(3));

    let locked = |password| PgStore::connect(PgConfig::new(locked::options().password(password)));
    fails(locked("not the password").await, ErrorKind::Denied);
    let elsewhere = server::options().database("no_such_database");
    fails(
        PgStore::connect(PgConfig::new(elsewhere)).await,
        ErrorKind::Schema,
    );
    fails(
        PgStore::from_url("mysql://somewhere").await,
        ErrorKind::Invalid,
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_quote_no_value() {
    if server::wanted().is_err() {
        return;
    }
    let (_schema, store) = notes().await;
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
                        sqlx::query(
                            "INSERT INTO notes (id, title, hits) VALUES (3, $1, $1::text::int)",
                        )
                        .bind("secret-2")
                        .execute(connection),
                    )
                })
                .await,
            ErrorKind::Invalid,
        ),
    ];
    for error in errors {
        let mut said = format!("{error} {error:?}");
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            said += &format!(" {cause} {cause:?}");
            source = cause.source();
        }
        assert!(!said.contains("secret"), "{said}");
    }
    let conflict = session.insert(&Note::new(2, "secret-1")).await.unwrap_err();
    assert_eq!(conflict.table(), Some("notes"));
    assert!(conflict.column().is_some(), "{conflict:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_take_no_longer_than_allowed() {
    if server::wanted().is_err() {
        return;
    }
    let schema = Schema::new().await;
    let config = schema
        .config(server::options(), 2)
        .with_statement_timeout(Duration::from_millis(300));
    let store = migrated(config).await;
    let session = store.session();
    session.insert(&Note::new(1, "one")).await.unwrap();
    let lock = store.begin().await.unwrap();
    lock.update_where(Note::ID.eq(1), [Note::HITS.plus(1)])
        .await
        .unwrap();
    let blocked = session
        .update_where(Note::ID.eq(1), [Note::HITS.plus(1)])
        .await;
    fails(blocked, ErrorKind::Timeout);
    lock.rollback().await.unwrap();
    // The connection is as good as new.
    session
        .update_where(Note::ID.eq(1), [Note::HITS.plus(1)])
        .await
        .unwrap();
    assert_eq!(session.get::<Note>(&1).await.unwrap().hits, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_answer_is_given_up() {
    if server::wanted().is_err() {
        return;
    }
    let (schema, store) = notes().await;
    store.session().insert(&Note::new(1, "one")).await.unwrap();
    let pool = PoolConfig::default()
        .with_max_connections(1)
        .with_response_timeout(Some(Duration::from_secs(1)));
    let hasty = PgStore::connect(schema.config(server::options(), 1).with_pool(pool))
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_whose_statement_was_given_up_is_dead() {
    if server::wanted().is_err() {
        return;
    }
    let (schema, _store) = notes().await;
    let pool = PoolConfig::default()
        .with_max_connections(1)
        .with_response_timeout(Some(Duration::from_millis(500)));
    let hasty = PgStore::connect(schema.config(server::options(), 1).with_pool(pool))
        .await
        .unwrap();
    let transaction = hasty.begin_own().await.unwrap();
    transaction.insert(&Note::new(1, "one")).await.unwrap();
    transaction.savepoint().await.unwrap();
    let slow = transaction
        .with_connection(|connection| {
            Box::pin(sqlx::query("SELECT pg_sleep(0.7)").execute(connection))
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrations_take_as_long_as_they_take() {
    if server::wanted().is_err() {
        return;
    }
    let schema = Schema::new().await;
    let pool = PoolConfig::default()
        .with_max_connections(1)
        .with_response_timeout(Some(Duration::from_millis(500)));
    let hasty = schema
        .config(server::options(), 1)
        .with_statement_timeout(Duration::from_millis(300))
        .with_pool(pool);
    let [first, second] = [hasty.clone(), hasty].map(PgStore::connect);
    let (first, second) = (first.await.unwrap(), second.await.unwrap());
    let migrations = MigrationSet {
        tables: &[],
        scripts: &[Script {
            dialect: "postgres",
            version: 1,
            name: "slow",
            sql: "SELECT pg_sleep(0.8)",
        }],
    };
    // One of them waits for the other.
    let (one, other) = tokio::join!(first.migrate(&migrations), second.migrate(&migrations));
    assert_eq!(one.unwrap().applied.len() + other.unwrap().applied.len(), 1);
    // Other statements have their limits as before.
    for store in [first, second] {
        let transaction = store.begin_own().await.unwrap();
        let slow = transaction
            .with_connection(|connection| {
                Box::pin(sqlx::query("SELECT pg_sleep(0.8)").execute(connection))
            })
            .await;
        let error = fails(slow, ErrorKind::Timeout);
        // Of the server, and not of this side, which waits for longer.
        assert!(std::error::Error::source(&error).is_some(), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_transaction_keeps_its_connection() {
    if server::wanted().is_err() {
        return;
    }
    let (schema, _store) = notes().await;
    let store = PgStore::connect(schema.config(server::options(), 1))
        .await
        .unwrap();
    let process = async || {
        sqlx::query_scalar::<_, i32>("SELECT pg_backend_pid()")
            .fetch_one(store.pool())
            .await
            .unwrap()
    };
    let before = process().await;
    let transaction = store.begin().await.unwrap();
    transaction.insert(&Note::new(1, "one")).await.unwrap();
    drop(transaction);
    assert_eq!(store.session().find::<Note>(&1).await.unwrap(), None);
    assert_eq!(process().await, before);
}

#[test]
fn a_transaction_may_be_dropped_outside_of_a_runtime() {
    if server::wanted().is_err() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let (schema, store) = runtime.block_on(notes());
    let transaction = runtime.block_on(store.begin()).unwrap();
    runtime
        .block_on(transaction.insert(&Note::new(1, "one")))
        .unwrap();
    drop(transaction);
    let found = runtime.block_on(store.session().find::<Note>(&1)).unwrap();
    assert_eq!(found, None);
    drop(schema);
}
