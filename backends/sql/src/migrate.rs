//! Migrations.

use genledger_contract::{MigrationReport, MigrationSet, Result};

use crate::executor::Executor;
use crate::schema::SchemaDriver;

pub(crate) async fn run<X: Executor>(
    _executor: &X,
    _schema: &'static dyn SchemaDriver,
    _migrations: &MigrationSet,
) -> Result<MigrationReport> {
    Ok(MigrationReport::default())
}
