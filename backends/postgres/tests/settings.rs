//! Stores on a server with adverse settings, and pools whose connections have adverse settings.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use genledger_contract::{ErrorKind, Store};
use genledger_postgres::sqlx::{self, ConnectOptions, Connection};
use genledger_postgres::{PgConfig, PgStore, PoolConfig};
use genledger_testkit::TestServer;
use genledger_testkit::hostile::{
    self, When, keys_and_ranges_hold, open, statements_reach_all_rows,
    texts_are_sorted_by_all_of_their_bytes, what_is_written_is_read,
};
use genledger_testkit::postgres::{PostgresServer, pool_that_runs};

/// The settings of every connection, whatever the defaults of the server are.
const EXPECTED: [(&str, &str); 7] = [
    ("client_encoding", "UTF8"),
    ("default_transaction_isolation", "read committed"),
    ("exit_on_error", "off"),
    ("quote_all_identifiers", "off"),
    ("standard_conforming_strings", "on"),
    ("TimeZone", "UTC"),
    ("transform_null_equals", "off"),
];

/// Each setting with an adverse value, as an application may set it on a connection.
const AWKWARD: [&str; 7] = [
    "SET default_transaction_isolation = 'serializable'",
    "SET exit_on_error = on",
    "SET quote_all_identifiers = on",
    "SET search_path = public, pg_catalog",
    "SET standard_conforming_strings = off",
    "SET TimeZone = 'Asia/Kathmandu'",
    "SET transform_null_equals = on",
];

genledger_testkit::server_cases!(backend_postgres => PostgresServer::Direct; if TestServer::hostile; [
    texts_are_sorted_by_all_of_their_bytes,
    what_is_written_is_read,
    keys_and_ranges_hold,
    statements_reach_all_rows,
    batches_of_any_size_are_taken,
    every_connection_is_set_up,
    functions_of_the_application_come_after_those_of_the_server,
    pools_that_are_set_otherwise_are_refused_or_set,
]);

async fn batches_of_any_size_are_taken(server: PostgresServer) {
    let (_schema, store) = open(server).await;
    hostile::rows_are_cut_again(&store).await;
}

/// Checks the settings of all connections of a pool, and returns their ids.
async fn check(store: &PgStore) -> Vec<i32> {
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

async fn every_connection_is_set_up(server: PostgresServer) {
    let (_schema, store) = open(server).await;
    let before = check(&store).await;
    let mut admin = server.hostile_options().connect().await.unwrap();
    for id in &before {
        sqlx::query("SELECT pg_terminate_backend($1)")
            .bind(id)
            .execute(&mut admin)
            .await
            .unwrap();
    }
    admin.close().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let after = check(&store).await;
    assert!(after.iter().all(|id| !before.contains(id)));
}

/// The search path of the server contains the application's schema before `pg_catalog`.
async fn functions_of_the_application_come_after_those_of_the_server(server: PostgresServer) {
    let (schema, other) = open(server).await;
    let function = "CREATE FUNCTION strpos(text, text) RETURNS integer LANGUAGE sql \
        AS 'SELECT 0'";
    sqlx::query(function).execute(other.pool()).await.unwrap();
    let path = format!("{},pg_catalog", schema.name());
    let options = server.hostile_options().options([("search_path", path)]);
    let pool = PoolConfig::default().with_max_connections(1);
    let store = PgStore::connect(PgConfig::new(options).with_pool(pool))
        .await
        .unwrap();
    hostile::parts_of_texts_are_found(&store).await;
}

async fn pools_that_are_set_otherwise_are_refused_or_set(server: PostgresServer) {
    for one in AWKWARD {
        let pool = pool_that_runs(vec![one], When::Prepared, server.hostile_options()).await;
        let error = PgStore::from_pool(pool).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{one}");
    }
    let all = pool_that_runs(AWKWARD.to_vec(), When::Unprepared, server.hostile_options()).await;
    PgStore::from_pool(all).await.unwrap().close().await;
}
