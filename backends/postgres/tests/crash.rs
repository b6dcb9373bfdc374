//! `kill -9` of the server in the middle of writes and commits.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "../../sql/tests/support/crash.rs"]
mod crash;
#[path = "support/server.rs"]
mod server;

use std::sync::Arc;

use genledger_conformance::report_not_applicable;
use genledger_contract::{MigrationSet, Script, Store};
use genledger_postgres::PgStore;
use genledger_postgres::sqlx::{self, ConnectOptions, Connection};
use genledger_sql::{POSTGRES, create_table_sql};

use crash::{Control, TABLES};
use server::Schema;

mod backend_postgres {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn survives_kill_nine() {
        super::survives().await;
    }
}

async fn survives() {
    let control = match server::wanted().and_then(|()| Control::of("postgres")) {
        Ok(control) => control,
        Err(reason) => {
            return report_not_applicable("backend_postgres::survives_kill_nine", reason);
        }
    };
    let mut connection = server::options().connect().await.unwrap();
    let others: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity \
            WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    assert_eq!(
        others, 0,
        "others are connected to the server: it is not killed beneath them"
    );
    let schema = Schema::new().await;
    let store = PgStore::connect(schema.config(server::options(), 4))
        .await
        .unwrap();
    let scripts: Vec<Script> = (1..)
        .zip(TABLES)
        .map(|(version, table)| Script {
            dialect: "postgres",
            version,
            name: table.name,
            sql: create_table_sql(&POSTGRES, table).join(";\n").leak(),
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
