//! Random scripts: the same operations on memory and on a backend, with the same results.
//!
//! A script consists of rows, conditions, orders and changes of one table: values are drawn by the type of
//! their column, and passed through the typed interface as dynamic rows. So a new kind of column, or a new
//! entity, needs no new script.

mod concurrent;
mod condition;
mod dynamic;
mod operation;
mod player;
mod query;
mod run;
mod value;

use futures_util::future::BoxFuture;
use genledger_contract::query::Change;
use genledger_contract::{Entity, Result, Session, SessionExt};

use crate::model::{Account, Entry, Job, Member, Specimen};

pub(crate) use concurrent::run_concurrently;
pub(crate) use dynamic::Dynamic;
pub(crate) use run::{run_reads, run_writes};

/// An entity on whose table scripts run.
pub(crate) trait Scripted: Entity {
    /// Whether its table allows upserts.
    const UPSERTS: bool = false;
    /// The column of the token of a claim.
    const TOKEN: Option<&'static str> = None;
    /// Whether numbers near the ends of their range are drawn. Not if another error could occur in the same
    /// statement: databases differ in which one they report.
    const EXTREMES: bool = true;

    /// An upsert does not compile for every table, so every entity implements it itself.
    fn upsert<'a>(
        _session: &'a dyn Session,
        _rows: &'a [Dynamic<Self>],
        _changes: Vec<Change<Dynamic<Self>>>,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

impl Scripted for Account {
    const UPSERTS: bool = true;

    fn upsert<'a>(
        session: &'a dyn Session,
        rows: &'a [Dynamic<Self>],
        changes: Vec<Change<Dynamic<Self>>>,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(session.upsert(rows, changes))
    }
}

impl Scripted for Job {
    const TOKEN: Option<&'static str> = Some("token");
}

impl Scripted for Member {
    const EXTREMES: bool = false;
}

impl Scripted for Entry {}

impl Scripted for Specimen {}
