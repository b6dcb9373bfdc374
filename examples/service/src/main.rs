//! A web service on genledger: `cargo run -p genledger-service -- sqlite:usage.db`.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use genledger::paging::{Listing, Paging};
use genledger::prelude::{
    NewUsageLog, NodeId, Store, UsageLogIdGenerator, UsageLogs, UserUsageLogFilter,
};
use genledger::usage::{UsageLogRepository, UserUsageLog};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// What the handlers share; a clone costs nothing.
#[derive(Clone)]
struct App {
    logs: Arc<dyn UsageLogRepository>,
    ids: Arc<UsageLogIdGenerator>,
}

/// An error of the library as a reply.
struct Failure(genledger::Error);

impl From<genledger::Error> for Failure {
    fn from(error: genledger::Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Self(error) = self;
        let status = StatusCode::from_u16(error.kind().http_status())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status.is_server_error() {
            // For the operator; no message of the library holds a value.
            eprintln!("{error}");
            return status.into_response();
        }
        (status, Json(error)).into_response()
    }
}

/// Stores a log. Its id is fixed here, before the first attempt to write.
async fn append(
    State(app): State<App>,
    Json(new): Json<NewUsageLog>,
) -> Result<(StatusCode, String), Failure> {
    let log = new.into_log(&app.ids)?;
    app.logs.append(&log).await?;
    Ok((StatusCode::CREATED, log.id.to_string()))
}

/// A page of a user's logs: `?size=20&after=…`, and the conditions of the filter (`model_name=…`). A real
/// service takes the user from the session.
async fn list(
    State(app): State<App>,
    Path(user_id): Path<i64>,
    Query(filter): Query<UserUsageLogFilter>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listing<UserUsageLog>>, Failure> {
    Ok(Json(
        app.logs.page_for_user(user_id, &filter, &paging).await?,
    ))
}

/// Serves until `stop` ends, and closes the store after the last request.
async fn serve(
    store: Arc<dyn Store>,
    node: NodeId,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let app = App {
        logs: Arc::new(UsageLogs::new(Arc::clone(&store))),
        ids: Arc::new(UsageLogIdGenerator::system(node)),
    };
    let router = Router::new()
        .route("/logs", post(append))
        .route("/users/{user_id}/logs", get(list))
        .with_state(app);
    let served = axum::serve(listener, router)
        .with_graceful_shutdown(stop)
        .await;
    store.close().await;
    served
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1);
    let store = genledger::connect(url.as_deref().unwrap_or("sqlite:usage.db")).await?;
    store.migrate(&[genledger::schema::usage()]).await?;
    // Processes that write at the same time need different nodes, 0 to 1023.
    let node = NodeId::new(1)?;
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    // Of docker, systemd and Kubernetes; ctrl+c for people.
    let mut terminated = signal(SignalKind::terminate())?;
    let stop = async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    Ok(serve(store, node, listener, stop).await?)
}

#[cfg(test)]
mod tests;
