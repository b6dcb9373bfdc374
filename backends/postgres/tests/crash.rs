//! `kill -9` of the server in the middle of migrations, writes and commits.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "../../sql/tests/support/crash.rs"]
mod crash;
#[path = "support/server.rs"]
mod server;

use std::sync::Arc;

use genledger_conformance::report_not_applicable;
use genledger_contract::Store;
use genledger_postgres::PgStore;
use genledger_postgres::sqlx::postgres::PgConnectOptions;
use genledger_postgres::sqlx::{self, ConnectOptions, Connection};
use genledger_sql::POSTGRES;

use crash::Control;
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
    let options: PgConnectOptions = server::variable("GENLEDGER_POSTGRES_DURABLE_URL");
    if options.get_port() == server::options().get_port() {
        alone(&options).await;
    }
    let schema = Schema::on(options.clone()).await;
    let store = PgStore::connect(schema.config(options, 4)).await.unwrap();
    crash::survives(Arc::new(store.clone()), &POSTGRES, &control).await;
    store.close().await;
}

/// Waits for the other tests, where one server is for everything.
async fn alone(options: &PgConnectOptions) {
    let mut connection = options.connect().await.unwrap();
    crash::alone(async || {
        sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity \
            WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap()
    })
    .await;
    connection.close().await.unwrap();
}
