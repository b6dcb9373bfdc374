//! Running migrations: each script once, in order, by one process at a time.

mod history;

use std::collections::HashMap;

use genledger_contract::{Error, ErrorKind, MigrationReport, MigrationSet, Result, Script};

use crate::connection::Connection;
use crate::dialect::Dialect;
use crate::executor::{Context, Executor, Scope};
use crate::schema::SchemaDriver;
use history::Applied;

/// How often the history is made, when others make it at the same time.
const HISTORY_ATTEMPTS: u32 = 5;

/// Runs the scripts of the executor's dialect that have not been run yet, on one connection.
///
/// Where the dialect can undo changes of the schema, a script and its entry in the history are one
/// transaction. On `MySQL` a script is one statement that is safe to run again, so that one that was
/// cut short before its entry was written simply runs again.
pub(crate) async fn run<X: Executor>(
    executor: &X,
    schema: &'static dyn SchemaDriver,
    migrations: &MigrationSet,
) -> Result<MigrationReport> {
    let scripts = migrations.scripts_of(executor.dialect().name());
    executor
        .run_unlimited(Box::new(move |context| {
            Box::pin(migrate(context, schema, scripts))
        }))
        .await
}

async fn migrate(
    context: Context<'_>,
    schema: &'static dyn SchemaDriver,
    scripts: Vec<&'static Script>,
) -> Result<MigrationReport> {
    let Context {
        connection,
        scope,
        dialect,
    } = context;
    schema.lock_migrations(connection).await?;
    let report = locked(connection, scope, dialect, &scripts).await;
    let unlocked = schema.unlock_migrations(connection).await;
    let report = report?;
    unlocked?;
    Ok(report)
}

async fn locked(
    connection: &mut dyn Connection,
    scope: Scope,
    dialect: &'static Dialect,
    scripts: &[&'static Script],
) -> Result<MigrationReport> {
    create_history(connection, dialect).await?;
    let known = history::read(connection, dialect).await?;
    check_unchanged(scripts, &known)?;
    let mut report = MigrationReport::default();
    for script in scripts {
        if known.contains_key(&script.version) {
            continue;
        }
        if let Err(error) = step(connection, scope, dialect, script).await {
            // Without a lock, another process may have been faster.
            match history::read(connection, dialect).await {
                Ok(now) if now.contains_key(&script.version) => continue,
                _ => return Err(error),
            }
        }
        tracing::info!(version = script.version, name = script.name, "migrated");
        report.applied.push(script.name.to_owned());
    }
    Ok(report)
}

/// Makes the history. `IF NOT EXISTS` of `PostgreSQL` fails when somebody else makes the same table
/// at the same time, and finds it the next time.
async fn create_history(connection: &mut dyn Connection, dialect: &Dialect) -> Result<()> {
    let mut left = HISTORY_ATTEMPTS;
    loop {
        left -= 1;
        match history::create(connection, dialect).await {
            Err(error) if left > 0 && may_pass(&error) => {}
            done => return done,
        }
    }
}

fn may_pass(error: &Error) -> bool {
    !matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Denied)
}

/// Runs one script and notes it.
async fn step(
    connection: &mut dyn Connection,
    scope: Scope,
    dialect: &'static Dialect,
    script: &Script,
) -> Result<()> {
    let own = scope == Scope::Autocommit && dialect.transactional_ddl();
    if own {
        connection.run_script("BEGIN").await?;
    }
    let done = async {
        connection
            .run_script(script.sql)
            .await
            .map_err(|error| of_script(script, error))?;
        history::note(connection, dialect, script).await
    }
    .await;
    match done {
        Ok(()) if own => connection.run_script("COMMIT").await,
        Err(error) if own => {
            drop(connection.run_script("ROLLBACK").await);
            Err(error)
        }
        done => done,
    }
}

fn check_unchanged(scripts: &[&'static Script], known: &HashMap<u32, Applied>) -> Result<()> {
    for script in scripts {
        if let Some(applied) = known.get(&script.version)
            && applied.checksum != history::checksum(script)
        {
            return Err(failed(script, "has changed since it was run"));
        }
    }
    Ok(())
}

fn failed(script: &Script, why: &str) -> Error {
    Error::new(
        ErrorKind::Schema,
        format!("migration {} {} {why}", script.version, script.name),
    )
}

fn of_script(script: &Script, error: Error) -> Error {
    match error.kind() {
        ErrorKind::Unavailable | ErrorKind::Denied | ErrorKind::Serialization => error,
        _ => failed(script, "failed").with_source(error),
    }
}
