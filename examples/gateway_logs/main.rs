//! The logs of a model gateway as a web service: `cargo run --example gateway_logs`.
//!
//! Calls are logged in the background through a `LogWriter` with a spill; administrators and users list, search and sum
//! up what they may see. Databases come from `SQL_DSN` and `LOG_SQL_DSN`; without them it is SQLite in this folder.
//!
//! Who calls is in the headers `X-User-Id` and `X-Role`, which a real gateway sets after it has authenticated the
//! request, and removes from what clients send.
//!
//! ```sh
//! curl -H 'X-User-Id: 42' -H 'content-type: application/json' -d '{"model":"gpt-4o","prompt_tokens":120}' \
//!     http://127.0.0.1:3000/v1/chat/completions
//! curl -H 'X-User-Id: 42' 'http://127.0.0.1:3000/api/log/self?size=20'
//! curl -H 'X-User-Id: 1' -H 'X-Role: admin' 'http://127.0.0.1:3000/api/log?keyword=gpt&type=2'
//! curl -H 'X-User-Id: 1' -H 'X-Role: admin' 'http://127.0.0.1:3000/api/usage/monthly?zone=Asia/Shanghai'
//! ```

mod api;
mod caller;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use genledger::databases::{DatabaseConfig, DatabasesConfig};
use genledger::log_writer::{LogWriter, LogWriterConfig, WhenFull};
use genledger::prelude::*;
use genledger::schema;
use genledger::usage::UsageRollups;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use api::App;

/// How long logs may be written after the last request; the rest goes to the spill.
const SHUTDOWN: Duration = Duration::from_secs(10);

async fn writer(logs: UsageLogs, spill: &str) -> Result<LogWriter> {
    LogWriterConfig::new(WhenFull::Spill, |rejected| eprintln!("{rejected}"))
        .with_logs(logs)
        .with_spill(genledger::connect(spill).await?)
        .start()
        .await
}

/// Serves until `stop` ends; then every log that was accepted is written, or in the spill.
async fn serve(
    store: Arc<dyn Store>,
    spill: &str,
    node: NodeId,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::result::Result<(), Box<dyn std::error::Error + Send + Sync>> {
    store.migrate(&[schema::usage()]).await?;
    let logs = UsageLogs::new(Arc::clone(&store)).with_rollups();
    let writer = writer(logs.clone(), spill).await?;
    let app = App::new(
        writer.clone(),
        logs,
        UsageRollups::new(Arc::clone(&store)),
        node,
    );
    axum::serve(listener, api::routes(app))
        .with_graceful_shutdown(stop)
        .await?;
    writer.shutdown(SHUTDOWN).await?;
    store.close().await;
    Ok(())
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let config = match std::env::var_os("SQL_DSN") {
        Some(_) => DatabasesConfig::from_env()?,
        None => DatabasesConfig::new(DatabaseConfig::new("sqlite:gateway.db")),
    };
    let store = config.connect().await?;
    // Processes that write at the same time need different nodes, 0 to 1023, and a spill each.
    let node = NodeId::new(1)?;
    let spill = "sqlite:gateway-spill.db?max_size_kib=1048576";
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("listening on http://{}", listener.local_addr()?);
    let mut terminated = signal(SignalKind::terminate())?;
    let stop = async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    serve(store, spill, node, listener, stop).await
}
