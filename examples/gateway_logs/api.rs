//! The routes.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use genledger::chrono_tz::Tz;
use genledger::contract::{Error, Violation};
use genledger::log_writer::{LogWriter, LogWriterStats};
use genledger::paging::{Listing, Paging};
use genledger::prelude::*;
use genledger::time::{Calendar, Clock, Period, SystemClock};
use genledger::usage::{
    AdminUsageLog, IpPolicy, UsageDimension, UsageGrouping, UsageLogRepository,
    UsageRollupRepository, UsageRollups, UsageStats, UsageSums, UserUsageLog,
};
use serde::{Deserialize, Serialize};

use crate::caller::{Admin, Caller, Failure};

/// What the handlers share; a clone costs nothing.
#[derive(Clone)]
pub(crate) struct App {
    writer: LogWriter,
    logs: Arc<dyn UsageLogRepository>,
    rollups: Arc<dyn UsageRollupRepository>,
    ids: Arc<UsageLogIdGenerator>,
    ips: IpPolicy,
}

impl App {
    pub(crate) fn new(
        writer: LogWriter,
        logs: UsageLogs,
        rollups: UsageRollups,
        node: NodeId,
    ) -> Self {
        Self {
            writer,
            logs: Arc::new(logs),
            rollups: Arc::new(rollups),
            ids: Arc::new(UsageLogIdGenerator::system(node)),
            // A real gateway asks the settings of the user.
            ips: IpPolicy::new(),
        }
    }
}

pub(crate) fn routes(app: App) -> Router {
    Router::new()
        .route("/v1/chat/completions", post(complete))
        .route("/api/log", get(list))
        .route("/api/log/self", get(list_own))
        .route("/api/log/stat", get(stats))
        .route("/api/log/self/stat", get(own_stats))
        .route("/api/log/writer", get(writer_stats))
        .route("/api/usage/monthly", get(monthly))
        .route("/api/usage/self/monthly", get(own_monthly))
        .with_state(app)
}

/// A call of a model; only what is logged.
#[derive(Deserialize)]
struct Call {
    model: String,
    #[serde(default)]
    prompt_tokens: i64,
}

#[derive(Serialize)]
struct Completion {
    id: String,
    quota: i64,
}

/// Calls the model, and logs the call without waiting for the database.
async fn complete(
    State(app): State<App>,
    caller: Caller,
    Json(call): Json<Call>,
) -> Result<Json<Completion>, Failure> {
    let completion_tokens = 35; // the upstream would be called here
    let quota = call.prompt_tokens.saturating_mul(2) + completion_tokens * 8;
    let mut log = NewUsageLog::new(UsageLogType::Consume, caller.user_id)
        .model_name(call.model)
        .tokens(call.prompt_tokens, completion_tokens)
        .quota(quota);
    if let Some(ip) = caller.ip {
        log = log.client_ip(&app.ips, ip);
    }
    let log = log.into_log(&app.ids)?;
    let id = log.id.to_string();
    app.writer.enqueue(log).await?;
    Ok(Json(Completion { id, quota }))
}

/// All logs: `?size=20&after=…`, and the conditions of the filter (`user_id`, `type`, `from`, `before`, `keyword`, …).
async fn list(
    State(app): State<App>,
    _: Admin,
    Query(filter): Query<UsageLogFilter>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listing<AdminUsageLog>>, Failure> {
    Ok(Json(app.logs.page(&filter, &paging).await?))
}

/// The caller's own logs, without what users may not see.
async fn list_own(
    State(app): State<App>,
    caller: Caller,
    Query(filter): Query<UserUsageLogFilter>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listing<UserUsageLog>>, Failure> {
    let page = app.logs.page_for_user(caller.user_id, &filter, &paging);
    Ok(Json(page.await?))
}

async fn stats(
    State(app): State<App>,
    _: Admin,
    Query(filter): Query<UsageLogFilter>,
) -> Result<Json<UsageStats>, Failure> {
    Ok(Json(app.logs.stats(&filter, SystemClock.now()).await?))
}

async fn own_stats(
    State(app): State<App>,
    caller: Caller,
    Query(filter): Query<UserUsageLogFilter>,
) -> Result<Json<UsageStats>, Failure> {
    let now = SystemClock.now();
    let stats = app.logs.stats_for_user(caller.user_id, &filter, now);
    Ok(Json(stats.await?))
}

async fn writer_stats(State(app): State<App>, _: Admin) -> Json<LogWriterStats> {
    Json(app.writer.stats())
}

/// The time zone of months: `?zone=Asia/Shanghai`; UTC without one.
#[derive(Deserialize)]
struct Zone {
    zone: Option<String>,
}

impl Zone {
    fn months(&self) -> Result<UsageGrouping, Failure> {
        let zone = self.zone.as_deref().unwrap_or("UTC").parse::<Tz>();
        let zone = zone.map_err(|_| {
            let message = "must be the name of a time zone, for example Asia/Shanghai";
            Error::from(Violation::new("zone", "unknown_zone", message))
        })?;
        Ok(UsageGrouping::new()
            .by(UsageDimension::Model)
            .per(Calendar::new(Period::Month, zone)))
    }
}

/// The sums of each model and month, from roll-ups where they are complete.
async fn monthly(
    State(app): State<App>,
    _: Admin,
    Query(zone): Query<Zone>,
    Query(filter): Query<UsageLogFilter>,
) -> Result<Json<UsageSums>, Failure> {
    Ok(Json(app.rollups.totals(&filter, &zone.months()?).await?))
}

async fn own_monthly(
    State(app): State<App>,
    caller: Caller,
    Query(zone): Query<Zone>,
    Query(filter): Query<UserUsageLogFilter>,
) -> Result<Json<UsageSums>, Failure> {
    let months = zone.months()?;
    let sums = app
        .rollups
        .totals_for_user(caller.user_id, &filter, &months);
    Ok(Json(sums.await?))
}
