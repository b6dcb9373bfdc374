//! `kill -9` of the servers in the middle of writes and commits.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "../../sql/tests/support/crash.rs"]
mod crash;
#[path = "support/server.rs"]
mod server;

use std::sync::Arc;

use genledger_conformance::report_not_applicable;
use genledger_contract::{MigrationSet, Script, Store};
use genledger_mysql::MySqlStore;
use genledger_mysql::sqlx::{self, ConnectOptions, Connection};
use genledger_sql::{MYSQL, create_table_sql};

use crash::{Control, TABLES};
use server::{Database, Server};

mod backend_mariadb {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn survives_kill_nine() {
        super::survives(super::Server::MariaDb, "mariadb").await;
    }
}

mod backend_mysql {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn survives_kill_nine() {
        super::survives(super::Server::MySql, "mysql").await;
    }
}

async fn survives(server: Server, name: &str) {
    let applicable = server.wanted().and_then(|()| Control::of(name));
    let control = match applicable {
        Ok(control) => control,
        Err(reason) => {
            let path = format!("backend_{name}::survives_kill_nine");
            return report_not_applicable(&path, reason);
        }
    };
    let mut connection = server.options().connect().await.unwrap();
    let others: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM information_schema.processlist \
            WHERE user = substring_index(current_user(), '@', 1) AND id <> connection_id()",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    assert_eq!(
        others, 0,
        "others are connected to the server: it is not killed beneath them"
    );
    let database = Database::new(server).await;
    let store = MySqlStore::connect(database.config(server.options(), 4))
        .await
        .unwrap();
    let scripts: Vec<Script> = (1..)
        .zip(TABLES)
        .map(|(version, table)| Script {
            dialect: "mysql",
            version,
            name: table.name,
            sql: create_table_sql(&MYSQL, table).join(";\n").leak(),
        })
        .collect();
    let migrations = MigrationSet {
        tables: &TABLES,
        scripts: scripts.leak(),
    };
    store.migrate(&migrations).await.unwrap();
    crash::survives(Arc::new(store.clone()), &control).await;
    store.close().await;
}
