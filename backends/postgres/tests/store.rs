//! Behaviour that the conformance suite does not require of every backend: SQL and pools of the application,
//! time limits, and the content of errors.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::time::{Duration, Instant};

use genledger_contract::schema::Script;
use genledger_contract::{
    Entity, ErrorKind, MigrationSet, SessionExt, Store, StoreExt, Transaction,
};
use genledger_postgres::sqlx;
use genledger_postgres::sqlx::postgres::PgPoolOptions;
use genledger_postgres::{PgConfig, PgStore, with_connection};

use genledger_testkit::postgres::PostgresServer;
use genledger_testkit::store::{self, Note, fails, notes};
use genledger_testkit::{Settings, TestServer};
use tokio::time::{sleep, timeout};

genledger_testkit::server_store_cases!(backend_postgres => PostgresServer::Direct; [
    own_sql_whose_error_is_ignored_aborts,
    errors_of_a_commit,
    a_transaction_that_the_server_ended_is_unavailable,
    a_limit_on_idle_transactions_ends_with_them,
    a_step_of_a_migration_may_not_idle,
    a_statement_that_survives_a_cancellation_is_stopped,
    own_sql_that_leaves_a_transaction_open_aborts,
    connections_beside_a_dead_one_are_tested,
    pools_of_the_application,
    tables_that_look_right_and_are_not,
    a_stale_plan_goes_with_its_connection,
    servers_that_are_not_there,
    errors_quote_no_value,
    a_transaction_may_be_dropped_outside_of_a_runtime,
]);

/// The transaction is aborted also if the caller ignores the error.
async fn own_sql_whose_error_is_ignored_aborts(server: PostgresServer) {
    let (_schema, store) = notes(server).await;
    let transaction = store.begin().await.unwrap();
    transaction.insert(&Note::new(1, "one")).await.unwrap();
    let own = with_connection(&transaction, |connection| {
        Box::pin(async move {
            let failed = sqlx::query("SELECT no_such_column FROM notes")
                .execute(connection)
                .await;
            assert!(failed.is_err());
            Ok(())
        })
    });
    fails(own.await, ErrorKind::Aborted);
    fails(transaction.commit().await, ErrorKind::Aborted);
    assert_eq!(store.session().find::<Note>(&1).await.unwrap(), None);
}

/// Only errors that prove a rollback keep their kind when they come from a COMMIT.
async fn errors_of_a_commit(server: PostgresServer) {
    let (_schema, store) = notes(server).await;
    for sql in [
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
            IF NEW.title LIKE 'E%' THEN \
                RAISE EXCEPTION 'refused' USING ERRCODE = substr(NEW.title, 2, 5); \
            END IF; RETURN NULL; END $$",
        "CREATE CONSTRAINT TRIGGER refused AFTER INSERT ON notes \
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()",
    ] {
        sqlx::query(sql).execute(store.pool()).await.unwrap();
    }
    store.session().insert(&Note::new(1, "one")).await.unwrap();
    for (title, kind) in [
        ("E23503", ErrorKind::Invalid),
        ("E40001", ErrorKind::SerializationFailure),
        ("EP0001", ErrorKind::Other),
        ("E40003", ErrorKind::OutcomeUnknown),
        ("E53100", ErrorKind::OutcomeUnknown),
        ("E58030", ErrorKind::OutcomeUnknown),
        ("E08006", ErrorKind::OutcomeUnknown),
        ("EXX000", ErrorKind::OutcomeUnknown),
        ("E57P01", ErrorKind::OutcomeUnknown),
    ] {
        let refused = Note::new(2, title);
        let transaction = store.begin().await.unwrap();
        transaction.insert(&refused).await.unwrap();
        fails(transaction.commit().await, kind);
        // Also in a step of several statements of the library: a key that is present causes such a step.
        let step = store.session();
        let step = step.insert_if_absent(&[Note::new(1, "one"), refused]).await;
        fails(step, kind);
        assert_eq!(store.session().find::<Note>(&2).await.unwrap(), None);
    }
    // An error that ends the session may come after the effect, whatever its code is.
    let transaction = store.begin().await.unwrap();
    let exit = PostgresServer::execute(&transaction, "SET LOCAL exit_on_error = on");
    exit.await.unwrap();
    transaction.insert(&Note::new(2, "E23503")).await.unwrap();
    fails(transaction.commit().await, ErrorKind::OutcomeUnknown);
}

/// A COMMIT would end the inner transaction, which the application began, and not the outer one.
async fn own_sql_that_leaves_a_transaction_open_aborts(server: PostgresServer) {
    let (_schema, store) = notes(server).await;
    let transaction = store.begin().await.unwrap();
    transaction.insert(&Note::new(1, "one")).await.unwrap();
    let own = with_connection(&transaction, |connection| {
        Box::pin(async move {
            std::mem::forget(sqlx::Connection::begin(connection).await?);
            Ok(())
        })
    });
    fails(own.await, ErrorKind::Aborted);
    fails(transaction.commit().await, ErrorKind::Aborted);
    assert_eq!(store.session().find::<Note>(&1).await.unwrap(), None);
}

/// After one connection was found to be dead, the others are tested before they are used.
async fn connections_beside_a_dead_one_are_tested(server: PostgresServer) {
    let (schema, other) = notes(server).await;
    let store = PgStore::connect(schema.config(server.options(), 3));
    let store = store.await.unwrap();
    let mut transactions = Vec::new();
    for id in 1..=3 {
        let transaction = store.begin().await.unwrap();
        transaction
            .insert(&Note::new(id, &format!("note {id}")))
            .await
            .unwrap();
        transactions.push(transaction);
    }
    for transaction in transactions {
        transaction.commit().await.unwrap();
    }
    let dead: Vec<bool> = sqlx::query_scalar(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE application_name = $1 AND pid <> pg_backend_pid()",
    )
    .bind(schema.name())
    .fetch_all(other.pool())
    .await
    .unwrap();
    assert!(dead.len() >= 3, "{dead:?}");
    // It may have been sent on the dead one.
    drop(store.session().insert(&Note::new(4, "four")).await);
    for id in 5..=7 {
        let note = Note::new(id, &format!("note {id}"));
        store.session().insert(&note).await.unwrap();
    }
}

/// A statement that was sent before its connection was closed may begin after the first cancellation; this
/// one handles it.
async fn a_statement_that_survives_a_cancellation_is_stopped(server: PostgresServer) {
    const HANDLES_ONE: &str = "DO $$ BEGIN PERFORM pg_sleep(20); \
        EXCEPTION WHEN query_canceled THEN PERFORM pg_sleep(20); END $$";
    let (schema, store) = notes(server).await;
    let other = PgStore::connect(schema.config(server.options(), 1));
    let other = other.await.unwrap();
    let transaction = store.begin().await.unwrap();
    transaction.insert(&Note::new(1, "one")).await.unwrap();
    let slow = PostgresServer::execute(&transaction, HANDLES_ONE);
    assert!(timeout(Duration::from_millis(200), slow).await.is_err());
    drop(transaction);
    let begun = Instant::now();
    while PostgresServer::number(&other, PostgresServer::LOCKING).await != Some(0) {
        assert!(begun.elapsed() < Duration::from_secs(4), "not stopped");
        sleep(Duration::from_millis(20)).await;
    }
}

/// A transaction that the server ends, since nothing was sent on it for too long (25P03).
async fn a_transaction_that_the_server_ended_is_unavailable(server: PostgresServer) {
    let (_schema, store) = notes(server).await;
    let transaction = ended_by_the_server(&store).await;
    let second = transaction.insert(&Note::new(2, "two")).await;
    fails(second, ErrorKind::Unavailable);
    drop(transaction);
    // The server reads nothing more from the session, so COMMIT had no effect.
    let transaction = ended_by_the_server(&store).await;
    fails(transaction.commit().await, ErrorKind::Unavailable);
    assert_eq!(store.session().find::<Note>(&1).await.unwrap(), None);
}

/// A transaction with one note that the server has ended.
async fn ended_by_the_server(store: &PgStore) -> Transaction {
    let transaction = store.begin().await.unwrap();
    transaction.insert(&Note::new(1, "one")).await.unwrap();
    with_connection(&transaction, |connection| {
        Box::pin(async move {
            sqlx::query("SET LOCAL idle_in_transaction_session_timeout = 100")
                .execute(connection)
                .await
                .map(drop)
        })
    })
    .await
    .unwrap();
    sleep(Duration::from_secs(1)).await;
    transaction
}

/// The limit is that of a transaction of the store: nothing of it stays in the session. Connections of the
/// application keep a limit of their own.
async fn a_limit_on_idle_transactions_ends_with_them(server: PostgresServer) {
    const LIMIT: &str = "SELECT setting::bigint FROM pg_settings \
        WHERE name = 'idle_in_transaction_session_timeout'";
    const NOTE: &str = "INSERT INTO notes (id, title, hits) SELECT setting::bigint, unit, 0 \
        FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'";
    let (schema, _store) = notes(server).await;
    let settings = Settings::connections(1).with_transaction_idle_timeout(7_000);
    let mut stores = vec![(server.open(&schema, settings).await, 0, 7_000)];
    for (own, limit) in [(0, 60_000), (5_000, 5_000)] {
        let options = server.options().options([
            ("search_path", schema.name().to_owned()),
            ("idle_in_transaction_session_timeout", own.to_string()),
        ]);
        let pool = PgPoolOptions::new().max_connections(1);
        let pool = pool.after_connect(|connection, _| {
            Box::pin(genledger_postgres::prepare_connection(connection))
        });
        let pool = pool.connect_with(options).await.unwrap();
        stores.push((PgStore::from_pool(pool).await.unwrap(), own, limit));
    }
    for (store, own, limit) in stores {
        let transaction = store.begin().await.unwrap();
        transaction.insert(&Note::new(1, "one")).await.unwrap();
        transaction.rollback().await.unwrap();
        assert_eq!(PostgresServer::number(&store, LIMIT).await, Some(own));
        let transaction = store.begin().await.unwrap();
        PostgresServer::execute(&transaction, NOTE).await.unwrap();
        transaction.get::<Note>(&limit).await.unwrap();
        transaction.rollback().await.unwrap();
    }
}

/// The server ends the transaction of a process that was lost without closing its connection, and that
/// holds the lease.
async fn a_step_of_a_migration_may_not_idle(server: PostgresServer) {
    let (_schema, store) = notes(server).await;
    let sql = "INSERT INTO notes (id, title, hits) SELECT setting::bigint, unit, 0 \
        FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'";
    let scripts = vec![Script::new("postgres", 1, "limit", sql)].leak();
    let set = MigrationSet::of("limit", &[]).with_scripts(scripts);
    store.migrate(&[set]).await.unwrap();
    let limit = store.session().get::<Note>(&10_000).await.unwrap();
    assert_eq!(limit.title, "ms");
}

async fn pools_of_the_application(server: PostgresServer) {
    let pool = PgPoolOptions::new().max_connections(2);
    let prepared = pool.clone().after_connect(|connection, _| {
        Box::pin(genledger_postgres::prepare_connection(connection))
    });
    let store = PgStore::from_pool(prepared.connect_with(server.options()).await.unwrap())
        .await
        .unwrap();
    assert_eq!(store.capability().backend, "PostgreSQL");
    assert!(
        store
            .capability()
            .version
            .starts_with(|first: char| first.is_ascii_digit())
    );
    // The application closes its pool.
    store.pool().close().await;
    fails(store.begin().await, ErrorKind::Unavailable);
    store.close().await;

    let serializable = pool.after_connect(|connection, _| {
        Box::pin(async move {
            sqlx::query("SET default_transaction_isolation = 'serializable'")
                .execute(connection)
                .await
                .map(drop)
        })
    });
    let pool = serializable.connect_with(server.options()).await.unwrap();
    fails(PgStore::from_pool(pool).await, ErrorKind::Invalid);

    let elsewhere = PgPoolOptions::new().after_connect(|connection, _| {
        Box::pin(async move {
            sqlx::query("SET TimeZone = 'Europe/Paris'")
                .execute(connection)
                .await
                .map(drop)
        })
    });
    let pool = elsewhere.connect_with(server.options()).await.unwrap();
    fails(PgStore::from_pool(pool).await, ErrorKind::Invalid);
}

/// A flag.
#[derive(Clone, Debug, PartialEq, Eq, Entity)]
#[entity(crate = genledger_contract, table = "flags", key(id))]
struct Flag {
    /// Its number.
    id: i64,
    /// Whether it is set.
    is_set: bool,
}

async fn tables_that_look_right_and_are_not(server: PostgresServer) {
    let schema = server.database().await;
    let store = server.open(&schema, Settings::connections(1)).await;
    // The default collation of the database, whose provider is ICU; and a boolean is not assigned to
    // an integer.
    for sql in [
        "CREATE TABLE notes (id bigint PRIMARY KEY, title text NOT NULL, \
            hits integer NOT NULL, body text)",
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

async fn a_stale_plan_goes_with_its_connection(server: PostgresServer) {
    let (schema, other) = notes(server).await;
    other.session().insert(&Note::new(1, "one")).await.unwrap();
    let store = server.open(&schema, Settings::connections(1)).await;
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
    fails(
        session.get::<Note>(&1).await,
        ErrorKind::SerializationFailure,
    );
    assert_eq!(session.get::<Note>(&1).await.unwrap().hits, 0);
    // Also one that the application removed, which does not mean that there is a pooler.
    sqlx::query("DEALLOCATE ALL")
        .execute(store.pool())
        .await
        .unwrap();
    assert_eq!(session.get::<Note>(&1).await.unwrap().hits, 0);
    // Without this query itself.
    let kept: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_prepared_statements WHERE statement NOT LIKE '%pg_prepared%'",
    )
    .fetch_one(store.pool())
    .await
    .unwrap();
    assert!(kept > 0, "no statement is prepared any more");
}

async fn servers_that_are_not_there(server: PostgresServer) {
    store::servers_that_never_reply(server).await;
    let locked = |password| {
        PgStore::connect(PgConfig::new(
            server.options_of("LOCKED_URL").password(password),
        ))
    };
    fails(locked("not the password").await, ErrorKind::Denied);
    let elsewhere = server.options().database("no_such_database");
    fails(
        PgStore::connect(PgConfig::new(elsewhere)).await,
        ErrorKind::Schema,
    );
    fails("mysql://somewhere".parse::<PgConfig>(), ErrorKind::Invalid);
}

async fn errors_quote_no_value(server: PostgresServer) {
    let [conflict, _] = store::errors_quote_no_value(server).await;
    assert_eq!(conflict.table(), Some("notes"));
    assert_eq!(conflict.column(), Some("title"));
}

async fn a_transaction_may_be_dropped_outside_of_a_runtime(server: PostgresServer) {
    // A separate thread is outside of the runtime of the test.
    let outside = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap();
        let (schema, store) = runtime.block_on(notes(server));
        let transaction = runtime.block_on(store.begin()).unwrap();
        runtime
            .block_on(transaction.insert(&Note::new(1, "one")))
            .unwrap();
        drop(transaction);
        let found = runtime.block_on(store.session().find::<Note>(&1)).unwrap();
        assert_eq!(found, None);
        drop(schema);
    });
    outside.join().unwrap();
}
