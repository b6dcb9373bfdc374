//! Stores on a server whose settings are at their worst, and pools whose connections are.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "support/server.rs"]
#[expect(dead_code, reason = "no server with usual settings is used")]
mod server;
#[path = "../../sql/tests/support/settings.rs"]
#[expect(dead_code, reason = "some of it is for MariaDB and MySQL")]
mod settings;

use genledger_conformance::{Applicable, NotApplicable, report_not_applicable};
use genledger_contract::{ErrorKind, Store};
use genledger_postgres::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use genledger_postgres::sqlx::{self, ConnectOptions, Connection};
use genledger_postgres::{PgConfig, PgStore, PoolConfig};

use server::Schema;

const URL: &str = "GENLEDGER_POSTGRES_HOSTILE_URL";

/// What every connection is set to, whatever the server's defaults are.
const EXPECTED: [(&str, &str); 7] = [
    ("client_encoding", "UTF8"),
    ("default_transaction_isolation", "read committed"),
    ("exit_on_error", "off"),
    ("quote_all_identifiers", "off"),
    ("standard_conforming_strings", "on"),
    ("TimeZone", "UTC"),
    ("transform_null_equals", "off"),
];

/// Each setting at its worst, as an application may set it on a connection.
const AWKWARD: [&str; 7] = [
    "SET default_transaction_isolation = 'serializable'",
    "SET exit_on_error = on",
    "SET quote_all_identifiers = on",
    "SET search_path = public, pg_catalog",
    "SET standard_conforming_strings = off",
    "SET TimeZone = 'Asia/Kathmandu'",
    "SET transform_null_equals = on",
];

macro_rules! cases {
    ($($case:ident),+ $(,)?) => {
        mod backend_postgres {
            use super::*;

            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    if let Err(reason) = wanted() {
                        let path = concat!("backend_postgres::", stringify!($case));
                        return report_not_applicable(path, reason);
                    }
                    super::$case().await;
                }
            )+
        }
    };
}

cases!(
    texts_are_sorted_by_all_of_their_bytes,
    what_is_written_is_read,
    keys_and_ranges_hold,
    statements_reach_all_rows,
    batches_of_any_size_are_taken,
    every_connection_is_set_up,
    functions_of_the_application_come_after_those_of_the_server,
    pools_that_are_set_otherwise_are_refused_or_set,
);

fn wanted() -> Applicable<()> {
    server::wanted()?;
    if std::env::var_os(URL).is_some_and(|url| !url.is_empty()) {
        Ok(())
    } else {
        Err(NotApplicable(
            "the server's settings are not ours to change",
        ))
    }
}

fn options() -> PgConnectOptions {
    server::variable(URL)
}

/// A store on such a server.
async fn open() -> (Schema, PgStore) {
    let schema = Schema::on(options()).await;
    let store = PgStore::connect(schema.config(options(), 3)).await.unwrap();
    settings::migrate(&store).await;
    (schema, store)
}

async fn texts_are_sorted_by_all_of_their_bytes() {
    let (_schema, store) = open().await;
    settings::texts_are_sorted_by_all_of_their_bytes(&store).await;
}

async fn what_is_written_is_read() {
    let (_schema, store) = open().await;
    settings::what_is_written_is_read(&store).await;
}

async fn keys_and_ranges_hold() {
    let (_schema, store) = open().await;
    settings::keys_and_ranges_hold(&store).await;
}

async fn statements_reach_all_rows() {
    let (schema, store) = open().await;
    let other = PgStore::connect(schema.config(options(), 1)).await.unwrap();
    settings::statements_reach_all_rows(&store, &other).await;
}

async fn batches_of_any_size_are_taken() {
    let (_schema, store) = open().await;
    settings::rows_are_cut_again(&store).await;
}

/// Looks at all connections of a pool, and returns what the server calls them.
async fn look(store: &PgStore) -> Vec<i32> {
    let mut connections = Vec::new();
    for _ in 0..3 {
        let connection = loop {
            let mut connection = store.pool().acquire().await.unwrap();
            if connection.ping().await.is_ok() {
                break connection;
            }
            drop(connection.detach());
        };
        connections.push(connection);
    }
    let mut ids = Vec::new();
    for connection in &mut connections {
        for (name, expected) in EXPECTED {
            let value: String = sqlx::query_scalar("SELECT current_setting($1)")
                .bind(name)
                .fetch_one(&mut **connection)
                .await
                .unwrap();
            assert_eq!(value, expected, "{name}");
        }
        let id = sqlx::query_scalar("SELECT pg_backend_pid()")
            .fetch_one(&mut **connection)
            .await
            .unwrap();
        ids.push(id);
    }
    ids
}

async fn every_connection_is_set_up() {
    let (_schema, store) = open().await;
    let before = look(&store).await;
    let mut admin = options().connect().await.unwrap();
    for id in &before {
        sqlx::query("SELECT pg_terminate_backend($1)")
            .bind(id)
            .execute(&mut admin)
            .await
            .unwrap();
    }
    admin.close().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let after = look(&store).await;
    assert!(after.iter().all(|id| !before.contains(id)));
}

/// The search path of the server names the application's schema before the server's own.
async fn functions_of_the_application_come_after_those_of_the_server() {
    let (schema, other) = open().await;
    let function = "CREATE FUNCTION strpos(text, text) RETURNS integer LANGUAGE sql \
        AS 'SELECT 0'";
    sqlx::query(function).execute(other.pool()).await.unwrap();
    let path = format!("{},pg_catalog", schema.name());
    let options = options().options([("search_path", path)]);
    let pool = PoolConfig::default().with_max_connections(1);
    let store = PgStore::connect(PgConfig::new(options).with_pool(pool))
        .await
        .unwrap();
    settings::parts_of_texts_are_found(&store).await;
}

/// A pool of one connection that is set in these ways, before or after it is prepared.
async fn pool(statements: Vec<&'static str>, before: bool) -> sqlx::PgPool {
    PgPoolOptions::new()
        .max_connections(1)
        .after_connect(move |connection, _| {
            let statements = statements.clone();
            Box::pin(async move {
                if !before {
                    genledger_postgres::prepare_connection(connection).await?;
                }
                for statement in statements {
                    sqlx::query(statement).execute(&mut *connection).await?;
                }
                if before {
                    genledger_postgres::prepare_connection(connection).await?;
                }
                Ok(())
            })
        })
        .connect_with(options())
        .await
        .unwrap()
}

async fn pools_that_are_set_otherwise_are_refused_or_set() {
    for one in AWKWARD {
        let pool = pool(vec![one], false).await;
        let error = PgStore::from_pool(pool).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{one}");
    }
    let all = pool(AWKWARD.to_vec(), true).await;
    PgStore::from_pool(all).await.unwrap().close().await;
}
