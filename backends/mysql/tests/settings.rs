//! Stores on servers with adverse settings, and pools whose connections have adverse settings.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeMap;

use genledger_contract::{ErrorKind, Store};
use genledger_mysql::MySqlStore;
use genledger_mysql::sqlx::mysql::MySqlConnection;
use genledger_mysql::sqlx::{self, ConnectOptions, Connection};
use genledger_testkit::TestServer;
use genledger_testkit::hostile::{
    self, When, keys_and_ranges_hold, open, statements_reach_all_rows,
    texts_are_sorted_by_all_of_their_bytes, what_is_written_is_read,
};
use genledger_testkit::mysql::{MySqlServer, pool_that_runs};

/// The `max_allowed_packet` of these servers.
const PACKET: usize = 1 << 20;

/// The settings of every connection, whatever the defaults of the server are.
const EXPECTED: [(&str, &str); 21] = [
    ("autocommit", "ON"),
    ("character_set_client", "utf8mb4"),
    ("character_set_connection", "utf8mb4"),
    ("character_set_results", "utf8mb4"),
    ("check_constraint_checks", "ON"),
    ("collation_connection", "utf8mb4_bin"),
    ("completion_type", "NO_CHAIN"),
    ("default_storage_engine", "InnoDB"),
    ("foreign_key_checks", "ON"),
    ("lc_messages", "en_US"),
    ("max_sort_length", "66560"),
    ("sort_buffer_size", "2097152"),
    ("sql_auto_is_null", "OFF"),
    ("sql_big_selects", "ON"),
    ("sql_safe_updates", "OFF"),
    ("sql_select_limit", "18446744073709551615"),
    ("system_versioning_asof", "DEFAULT"),
    ("time_zone", "+00:00"),
    ("transaction_isolation", "READ-COMMITTED"),
    ("tx_isolation", "READ-COMMITTED"),
    ("unique_checks", "ON"),
];

/// Each setting with an adverse value, as an application may set it on a connection.
const AWKWARD: [&str; 18] = [
    "SET NAMES latin1",
    "SET NAMES utf8mb4 COLLATE utf8mb4_general_ci",
    "SET SESSION sql_mode = ''",
    "SET SESSION sql_mode = CONCAT(@@sql_mode, ',PIPES_AS_CONCAT')",
    "SET SESSION autocommit = 0",
    "SET SESSION completion_type = 'CHAIN'",
    "SET SESSION default_storage_engine = MyISAM",
    "SET SESSION foreign_key_checks = 0",
    "SET SESSION lc_messages = 'de_DE'",
    "SET SESSION max_sort_length = 64",
    "SET SESSION sort_buffer_size = 32768",
    "SET SESSION sql_auto_is_null = 1",
    "SET SESSION sql_big_selects = 0",
    "SET SESSION sql_safe_updates = 1",
    "SET SESSION sql_select_limit = 1",
    "SET SESSION time_zone = '+05:45'",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "SET SESSION unique_checks = 0",
];

/// Those that exist only on MariaDB.
const AWKWARD_ON_MARIADB: [&str; 2] = [
    "SET SESSION check_constraint_checks = 0",
    "SET SESSION system_versioning_asof = '2020-01-01 00:00:00'",
];

genledger_testkit::server_cases!(backend_mariadb => MySqlServer::MariaDb, backend_mysql => MySqlServer::MySql; if TestServer::hostile; [
    texts_are_sorted_by_all_of_their_bytes,
    what_is_written_is_read,
    keys_and_ranges_hold,
    statements_reach_all_rows,
    packets_are_counted,
    every_connection_is_set_up,
    pools_that_are_set_otherwise_are_refused_or_set,
    statements_are_prepared_within_the_limit_of_the_server,
]);

async fn packets_are_counted(server: MySqlServer) {
    let (_database, store) = open(server).await;
    assert!(store.capability().max_value_bytes < PACKET);
    hostile::packets_are_counted(&store, PACKET).await;
    // Connections that are opened later may have a smaller limit; only this test depends on its size.
    let mut admin = server.hostile_options().connect().await.unwrap();
    let less = "SET GLOBAL max_allowed_packet = 262144";
    sqlx::query(less).execute(&mut admin).await.unwrap();
    kill(&mut admin, &check(&store).await).await;
    hostile::rows_are_cut_again(&store).await;
    let before = "SET GLOBAL max_allowed_packet = 1048576";
    sqlx::query(before).execute(&mut admin).await.unwrap();
    admin.close().await.unwrap();
}

async fn of(connection: &mut MySqlConnection) -> (u64, BTreeMap<String, String>) {
    let settings: Vec<(String, String)> = sqlx::query_as("SHOW SESSION VARIABLES")
        .fetch_all(&mut *connection)
        .await
        .unwrap();
    let id = sqlx::query_scalar("SELECT CAST(CONNECTION_ID() AS UNSIGNED)")
        .fetch_one(connection)
        .await
        .unwrap();
    (id, settings.into_iter().collect())
}

/// Checks the settings of all connections of a pool, and returns their ids.
async fn check(store: &MySqlStore) -> Vec<u64> {
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
        let (id, settings) = of(connection).await;
        for (name, expected) in EXPECTED {
            if let Some(value) = settings.get(name) {
                assert_eq!(value, expected, "{name}");
            }
        }
        let mode = &settings["sql_mode"];
        assert!(mode.contains("STRICT_ALL_TABLES"), "{mode}");
        assert!(!mode.contains("ANSI_QUOTES"), "{mode}");
        assert!(!mode.contains("PIPES_AS_CONCAT"), "{mode}");
        ids.push(id);
    }
    ids
}

/// Ends connections.
async fn kill(admin: &mut MySqlConnection, ids: &[u64]) {
    for id in ids {
        let kill = sqlx::AssertSqlSafe(format!("KILL {id}"));
        sqlx::raw_sql(kill).execute(&mut *admin).await.unwrap();
    }
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
}

async fn every_connection_is_set_up(server: MySqlServer) {
    let (_database, store) = open(server).await;
    let before = check(&store).await;
    let mut admin = server.hostile_options().connect().await.unwrap();
    kill(&mut admin, &before).await;
    admin.close().await.unwrap();
    let after = check(&store).await;
    assert!(after.iter().all(|id| !before.contains(id)));
}

async fn pools_that_are_set_otherwise_are_refused_or_set(server: MySqlServer) {
    let mut awkward = AWKWARD.to_vec();
    if matches!(server, MySqlServer::MariaDb) {
        awkward.extend(AWKWARD_ON_MARIADB);
    }
    for one in &awkward {
        let pool = pool_that_runs(vec![one], When::Prepared, server.hostile_options()).await;
        let error = MySqlStore::from_pool(pool).await.unwrap_err();
        // If big selects are forbidden, the query of the settings is refused as well.
        let expected = if one.contains("sql_big_selects") {
            ErrorKind::Other
        } else {
            ErrorKind::Invalid
        };
        assert_eq!(error.kind(), expected, "{one}");
    }
    let all = pool_that_runs(awkward, When::Unprepared, server.hostile_options()).await;
    MySqlStore::from_pool(all).await.unwrap().close().await;
    // A server that refuses each write is an error when the store is opened.
    let statement = "SET SESSION binlog_format = 'STATEMENT'";
    let pool = pool_that_runs(vec![statement], When::Unprepared, server.hostile_options()).await;
    let error = MySqlStore::from_pool(pool).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:?}");
}

/// The server keeps 300 statements of all connections together; 120 shapes on each of three
/// connections are more.
async fn statements_are_prepared_within_the_limit_of_the_server(server: MySqlServer) {
    let (_database, store) = open(server).await;
    for shape in 1..=120 {
        hostile::a_statement_of_its_own(&store, shape).await;
    }
    let mut admin = server.hostile_options().connect().await.unwrap();
    let big = "SET SESSION sql_big_selects = 1";
    sqlx::query(big).execute(&mut admin).await.unwrap();
    let (_, kept): (String, String) =
        sqlx::query_as("SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'")
            .fetch_one(&mut admin)
            .await
            .unwrap();
    let kept: u32 = kept.parse().unwrap();
    assert!(kept < 300, "{kept}");
    admin.close().await.unwrap();
}
