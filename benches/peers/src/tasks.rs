//! A task queue with accounts, written by hand: a task is claimed with a slot of an account, started and completed, each
//! step with its history and its event, as an application would write it with `FOR UPDATE SKIP LOCKED`.

pub mod apalis;
pub mod mysql;
pub mod postgres;
pub mod sqlite;

use std::future::Future;

use anyhow::Result;

/// What workers do with the queue.
pub trait Queue: Send + Sync + 'static {
    /// Claims at most this many tasks in one transaction, then starts and completes each. Returns their number.
    fn work(&self, most: usize) -> impl Future<Output = Result<usize>> + Send;

    /// Empties the tables of tasks, attempts and events, and gives all slots back.
    fn clear(&self) -> impl Future<Output = Result<()>> + Send;
}

/// A task that was claimed.
struct Claimed {
    id: String,
    attempt: String,
    account: String,
    seq: i64,
}

/// An event of about the size of those of the library.
fn payload(id: &str, version: i64, account: &str, to: i16) -> String {
    format!(
        r#"{{"v":1,"id":"{id}","kind":"status_changed","project_id":"project-1","storyboard_id":"board-{version}","work_id":"work-3","run":1,"version":{version},"from":0,"to":{to},"account_id":"{account}","site":0,"error_code":null,"urls":[],"paths":[],"callback_url":null,"at":1750000000000,"origin":"local"}}"#
    )
}

const URLS: &str = r#"["https://cdn.example/1.png"]"#;
