//! A store behind a pooler in transaction mode, which gives every transaction another connection to the
//! server: nothing that is set or prepared for a session is there for the next one.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "support/server.rs"]
mod server;

use std::sync::Arc;

use genledger_conformance::{NotApplicable, report_not_applicable};
use genledger_contract::{Entity, ErrorKind, MigrationSet, SessionExt, Store, StoreExt, TableDef};
use genledger_postgres::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use genledger_postgres::{PgConfig, PgStore, sqlx, with_connection};

use server::Schema;

/// A visit.
#[derive(Clone, Debug, PartialEq, Eq, Entity)]
#[entity(crate = genledger_contract, table = "visits", key(id))]
struct Visit {
    /// Its number.
    id: i64,
    /// How often it was repeated.
    #[column(filter)]
    times: i64,
}

const TABLES: &[&TableDef] = &[Visit::TABLE];

/// How to reach the server through the pooler; a run that has none says so.
fn pooler() -> Option<PgConnectOptions> {
    const URL: &str = "GENLEDGER_PGBOUNCER_URL";
    let there = std::env::var_os(URL).ok_or(NotApplicable("GENLEDGER_PGBOUNCER_URL is not set"));
    if let Err(reason) = server::wanted().and(there) {
        // The thread has the name of the test.
        let thread = std::thread::current();
        report_not_applicable(thread.name().unwrap_or(URL), reason);
        return None;
    }
    Some(server::variable(URL))
}

/// A store on a schema of a test's own, behind the pooler.
async fn store(schema: &Schema, configure: fn(PgConfig) -> PgConfig) -> Option<PgStore> {
    let config = schema.config(pooler()?, 8);
    Some(PgStore::connect(configure(config)).await.unwrap())
}

/// Migrates, and lets many tasks write and read at the same time, through fewer connections to the
/// server than there are to the pooler.
async fn works(configure: fn(PgConfig) -> PgConfig) {
    let Some(_) = pooler() else { return };
    let schema = Schema::on(server::options()).await;
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
                    session.insert_many(&both).await.unwrap();
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
    let direct = schema.config(server::options(), 1);
    let direct = PgStore::connect(direct).await.unwrap();
    let found = direct.session().count(Visit::TIMES.eq(1), 1_000).await;
    assert_eq!(found.unwrap(), genledger_contract::Count::Exactly(240));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_found_out() {
    works(|config| config).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_may_be_said() {
    works(PgConfig::behind_pooler).await;
}

/// What is set for a session otherwise is set for every transaction, and nothing is left behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_transaction_is_set_up() {
    let Some(options) = pooler() else { return };
    let schema = Schema::on(server::options()).await;
    let store = store(&schema, |config| {
        config.with_statement_timeout(std::time::Duration::from_millis(1_234))
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
        &sqlx::Executor::fetch_one(&other, sqlx::raw_sql("SHOW statement_timeout"))
            .await
            .unwrap(),
        0,
    );
    assert_ne!(left, "1234ms");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_of_the_application_is_refused() {
    let Some(options) = pooler() else { return };
    let pool = PgPoolOptions::new().connect_lazy_with(options);
    let error = PgStore::from_pool(pool).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:?}");
}
