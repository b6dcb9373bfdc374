//! `kill -9` of the servers in the middle of writes and commits.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "../../sql/tests/support/crash.rs"]
mod crash;
#[path = "support/server.rs"]
mod server;

use std::sync::Arc;

use genledger_conformance::report_not_applicable;
use genledger_contract::Store;
use genledger_mysql::MySqlStore;
use genledger_mysql::sqlx::mysql::MySqlConnectOptions;
use genledger_mysql::sqlx::{self, ConnectOptions, Connection};
use genledger_sql::MYSQL;

use crash::Control;
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
    let options = server.variable("DURABLE_URL");
    if options.get_port() == server.options().get_port() {
        alone(&options).await;
    }
    let database = Database::on(options.clone()).await;
    let store = MySqlStore::connect(database.config(options, 4))
        .await
        .unwrap();
    crash::survives(Arc::new(store.clone()), &MYSQL, &control).await;
    store.close().await;
}

/// Waits for the other tests, where one server is for everything.
async fn alone(options: &MySqlConnectOptions) {
    let mut connection = options.connect().await.unwrap();
    crash::alone(async || {
        sqlx::query_scalar(
            "SELECT count(*) FROM information_schema.processlist \
            WHERE user = substring_index(current_user(), '@', 1) AND id <> connection_id()",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap()
    })
    .await;
    connection.close().await.unwrap();
}
