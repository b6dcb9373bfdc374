//! A store behind a pooler in transaction mode, which assigns another connection to the server to every
//! transaction: nothing that is set or prepared for a session exists in the next one.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use genledger_contract::table::TableDef;
use genledger_contract::{Entity, ErrorKind, MigrationSet, SessionExt, Store, StoreExt};
use genledger_postgres::sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use genledger_postgres::sqlx::{ConnectOptions, Connection, Executor};
use genledger_postgres::{PgConfig, PgStore, PoolConfig, sqlx, with_connection};
use tokio::net::{TcpListener, TcpStream};

use genledger_testkit::postgres::{PostgresServer, Schema};
use genledger_testkit::{ScratchDatabase, TestServer, is_applicable};

/// A database of a single test, which is dropped with this value.
type Database = ScratchDatabase<PgConnection>;

/// A visit.
#[derive(Clone, Debug, PartialEq, Eq, Entity)]
#[entity(crate = genledger_contract, table = "visits", key(id))]
struct Visit {
    /// Its number.
    id: i64,
    /// The number of repetitions.
    #[column(filter)]
    times: i64,
}

const TABLES: &[&TableDef] = &[Visit::TABLE];

/// The address of the server behind the pooler; a run without a pooler reports that.
fn pooler() -> Option<PgConnectOptions> {
    let server = PostgresServer::PgBouncer;
    is_applicable(server.wanted()).then(|| server.options())
}

/// A store on a schema of a single test, behind the pooler.
async fn store(schema: &Schema, configure: fn(PgConfig) -> PgConfig) -> Option<PgStore> {
    let config = schema.config(pooler()?, 8);
    Some(PgStore::connect(configure(config)).await.unwrap())
}

/// Migrates, and lets many tasks write and read at the same time, through fewer connections to the
/// server than to the pooler.
async fn works(configure: fn(PgConfig) -> PgConfig) {
    let Some(_) = pooler() else { return };
    let schema = Schema::on(PostgresServer::Direct.options()).await;
    let store = Arc::new(store(&schema, configure).await.unwrap());
    let migrations = [MigrationSet::of("test", TABLES)];
    store.migrate(&migrations).await.unwrap();
    store.migrate(&migrations).await.unwrap();
    assert_eq!(store.verify_schema(TABLES).await.unwrap(), []);
    let tasks: Vec<_> = (0..24)
        .map(|task| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let session = store.session();
                for round in 0..10_i64 {
                    let id = task * 100 + round;
                    session.insert(&Visit { id, times: 0 }).await.unwrap();
                    let both = [id, id + 50].map(|id| Visit { id, times: 0 });
                    session.insert_if_absent(&both).await.unwrap();
                    store
                        .transaction(|tx| async move {
                            tx.update_where(Visit::ID.eq(id), [Visit::TIMES.plus(1)])
                                .await
                        })
                        .await
                        .unwrap();
                    assert_eq!(session.get::<Visit>(&id).await.unwrap().times, 1);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    // By COPY, alone and in a transaction.
    let many = |first: i64| -> Vec<Visit> {
        let ids = first..first + 1_001;
        ids.map(|id| Visit { id, times: 1 }).collect()
    };
    store.session().insert_many(&many(10_000)).await.unwrap();
    let transaction = store.begin().await.unwrap();
    transaction.insert_if_absent(&many(20_000)).await.unwrap();
    transaction.commit().await.unwrap();
    let direct = schema.config(PostgresServer::Direct.options(), 1);
    let direct = PgStore::connect(direct).await.unwrap();
    let found = direct.session().count(Visit::TIMES.eq(1), 10_000).await;
    assert_eq!(
        found.unwrap(),
        genledger_contract::query::Count::Exactly(2_242)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_found_out() {
    works(|config| config).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_transaction_is_ended_by_the_server() {
    let Some(_) = pooler() else { return };
    genledger_testkit::store::an_idle_transaction_is_ended_by_the_server(PostgresServer::PgBouncer)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_can_be_configured() {
    works(PgConfig::behind_pooler).await;
}

/// The settings of a session without a pooler are set for every transaction, and nothing is left behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_transaction_is_set_up() {
    let Some(options) = pooler() else { return };
    let schema = Schema::on(PostgresServer::Direct.options()).await;
    let store = store(&schema, |config| {
        config.with_statement_timeout(Duration::from_millis(1_234))
    });
    let store = store.await.unwrap();
    for _ in 0..4 {
        let transaction = store.begin().await.unwrap();
        let settings: (String, String) = with_connection(&transaction, |connection| {
            const SETTINGS: &str =
                "SELECT current_setting('search_path'), current_setting('statement_timeout')";
            Box::pin(
                sqlx::query_as(SETTINGS)
                    .persistent(false)
                    .fetch_one(connection),
            )
        })
        .await
        .unwrap();
        assert_eq!(settings.0, schema.name());
        assert_eq!(settings.1, "1234ms");
        transaction.commit().await.unwrap();
    }
    let other = PgPoolOptions::new().connect_lazy_with(options.statement_cache_capacity(0));
    let left: String = sqlx::Row::get(
        &Executor::fetch_one(&other, sqlx::raw_sql("SHOW statement_timeout"))
            .await
            .unwrap(),
        0,
    );
    assert_ne!(left, "1234ms");
}

/// The address of a proxy to the pooler that refuses the second connection: without it, a store that
/// connects cannot detect the pooler.
async fn hidden(options: PgConnectOptions) -> PgConnectOptions {
    let pooler = (options.get_host().to_owned(), options.get_port());
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        for number in 0.. {
            let (mut client, _) = listener.accept().await.unwrap();
            let pooler = pooler.clone();
            if number != 1 {
                tokio::spawn(async move {
                    let mut server = TcpStream::connect(pooler).await.unwrap();
                    // Either side may end it in any way.
                    drop(tokio::io::copy_bidirectional(&mut client, &mut server).await);
                });
            }
        }
    });
    options.host("127.0.0.1").port(port)
}

/// A store with this many connections that has not detected that it is behind a pooler.
async fn unaware(database: &Database, connections: u32) -> PgStore {
    let options = hidden(pooler().unwrap().database(database.name())).await;
    let pool = PoolConfig::default().with_max_connections(connections);
    let config = PgConfig::new(options)
        .with_pool(pool)
        .with_statement_timeout(Duration::from_millis(7_654));
    PgStore::connect(config).await.unwrap()
}

/// A visit.
const fn visit(id: i64) -> Visit {
    Visit { id, times: 0 }
}

/// Whether the transactions of a store apply the settings that sessions have without a pooler: a process of
/// the server that began later does not have them.
async fn is_aware(store: &PgStore, other: &mut PgConnection) -> bool {
    other.execute(sqlx::raw_sql("BEGIN")).await.unwrap();
    let transaction = store.begin().await.unwrap();
    let timeout: String = with_connection(&transaction, |connection| {
        let timeout = sqlx::query_scalar("SELECT current_setting('statement_timeout')");
        Box::pin(timeout.persistent(false).fetch_one(connection))
    })
    .await
    .unwrap();
    transaction.rollback().await.unwrap();
    other.execute(sqlx::raw_sql("ROLLBACK")).await.unwrap();
    timeout == "7654ms"
}

/// Takes the name of the first statement that a connection prepares, in two processes of the server.
///
/// The statements that a store prepared may be lost: a pooler ends a process whose client disconnects before
/// it has read the whole reply.
async fn take_names(first: &mut PgConnection, second: &mut PgConnection) {
    for connection in [&mut *first, &mut *second] {
        let take = "BEGIN; DEALLOCATE ALL; PREPARE sqlx_s_1 AS SELECT 1";
        connection.execute(sqlx::raw_sql(take)).await.unwrap();
    }
    for connection in [second, first] {
        connection.execute(sqlx::raw_sql("COMMIT")).await.unwrap();
    }
}

/// A new database with a table, and a store on it that is not behind the pooler.
async fn empty() -> (Database, PgStore) {
    let database =
        Database::new(PostgresServer::Direct.options(), "DATABASE", "WITH (FORCE)").await;
    let direct = PgConfig::new(PostgresServer::Direct.options().database(database.name()));
    let direct = PgStore::connect(direct).await.unwrap();
    let migrations = [MigrationSet::of("test", TABLES)];
    direct.migrate(&migrations).await.unwrap();
    (database, direct)
}

/// Each connection to a new database gets the process of the server that was used last, or another one
/// if that has a transaction open.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_was_not_found_out_is_noticed() {
    let Some(options) = pooler() else { return };
    let (database, direct) = empty().await;

    // A statement is executed in a process that has not prepared it.
    let options = options.database(database.name());
    let mut other = options.connect().await.unwrap();
    let store = unaware(&database, 1).await;
    let session = store.session();
    session.insert(&visit(1)).await.unwrap();
    other.execute(sqlx::raw_sql("BEGIN")).await.unwrap();
    session.insert(&visit(2)).await.unwrap();
    other.execute(sqlx::raw_sql("ROLLBACK")).await.unwrap();
    assert!(is_aware(&store, &mut other).await);

    // It is prepared in a process in which another store has prepared one with this name: a read and a write.
    let mut another = options.connect().await.unwrap();
    take_names(&mut other, &mut another).await;
    let reading = unaware(&database, 1).await;
    assert_eq!(reading.session().get::<Visit>(&2).await.unwrap(), visit(2));
    assert!(is_aware(&reading, &mut other).await);
    take_names(&mut other, &mut another).await;
    let writing = unaware(&database, 1).await;
    writing.session().insert(&visit(3)).await.unwrap();
    assert!(is_aware(&writing, &mut other).await);

    // A transaction is retried.
    take_names(&mut other, &mut another).await;
    let store = unaware(&database, 1).await;
    let runs = AtomicU32::new(0);
    let both = store.transaction(|tx| {
        runs.fetch_add(1, Ordering::Relaxed);
        async move {
            tx.insert(&visit(4)).await?;
            tx.insert(&visit(5)).await
        }
    });
    both.await.unwrap();
    assert_eq!(runs.into_inner(), 2);
    assert!(is_aware(&store, &mut other).await);

    // Nothing was done twice or left out.
    for id in 1..=5 {
        assert_eq!(direct.session().get::<Visit>(&id).await.unwrap(), visit(id));
    }
    for store in [&store, &reading, &writing] {
        store.close().await;
    }
}

/// A statement that such a connection has prepared would be executed in any process, prepared there or not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_from_before_are_not_used_again() {
    let Some(options) = pooler() else { return };
    let (database, _direct) = empty().await;
    let options = options.database(database.name());
    let mut other = options.connect().await.unwrap();
    let store = unaware(&database, 3).await;
    let first = store.begin().await.unwrap();
    let idle = [store.begin().await.unwrap(), store.begin().await.unwrap()];
    for (id, transaction) in (10..).zip([&first].into_iter().chain(&idle)) {
        transaction.insert(&visit(id)).await.unwrap();
    }
    for transaction in idle {
        transaction.commit().await.unwrap();
    }
    store.session().insert(&visit(2)).await.unwrap();
    // Every process has a statement of this name; the two that are free lose it.
    let mut another = options.connect().await.unwrap();
    for connection in [&mut other, &mut another] {
        let sql = sqlx::raw_sql("BEGIN; DEALLOCATE ALL");
        connection.execute(sql).await.unwrap();
    }
    for connection in [&mut other, &mut another] {
        connection.execute(sqlx::raw_sql("COMMIT")).await.unwrap();
    }
    // A transaction is not retried automatically, so it uses only one connection.
    let refused = store.begin().await.unwrap();
    let error = refused.insert(&visit(3)).await.unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
    drop(refused);
    first.commit().await.unwrap();
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(store.begin().await.unwrap());
    }
    for transaction in all {
        let prepared = with_connection(&transaction, |connection| {
            Box::pin(async { Ok(connection.cached_statements_size()) })
        });
        assert_eq!(prepared.await.unwrap(), 0);
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_of_the_application_is_refused() {
    let Some(options) = pooler() else { return };
    let pool = PgPoolOptions::new().connect_lazy_with(options);
    let error = PgStore::from_pool(pool).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:?}");
}
