//! Runs many updates in two statements, for databases without RETURNING: a select of the rows that
//! match their guards, and an update of these, which repeats the guards.

use genledger_contract::row::{Rows, Value};
use genledger_contract::statement::{Assignment, Predicate, Select};
use genledger_contract::table::ColumnDef;
use genledger_contract::{Error, ErrorKind, Result};

use super::job::{Job, Outcomes};
use crate::connection::Connection;
use crate::keys;
use crate::lower::Lower;
use crate::run::key_positions::KeyPositions;
use crate::run::overflow::addition_error;
use crate::shape::Lock;

pub(super) async fn run(
    job: &Job<'_>,
    connection: &mut dyn Connection,
    many: &[usize],
    outcomes: &mut Outcomes,
) -> Result<()> {
    let table = job.each.table;
    let Some(matched) = matched(job, connection, many).await? else {
        return job.one_by_one(connection, many, outcomes).await;
    };
    let Some(first) = matched.first() else {
        return Ok(());
    };
    let given: Vec<(&[Value], &[Assignment])> = matched
        .iter()
        .map(|update| &job.each.updates[*update])
        .map(|update| (&update.key[..], &update.assignments[..]))
        .collect();
    let filter = any_update(job, &matched);
    let limits = connection.limits();
    let Ok(statement) = Lower::new(job.dialect, limits, table).update_by_key(&given, &filter)
    else {
        return job.one_by_one(connection, many, outcomes).await;
    };
    let updated = connection
        .execute(statement.sql(), &statement.params())
        .await
        .map_err(|error| {
            addition_error(error, table, &job.updates[*first].assignments).with_table(table.name)
        })?;
    if usize::try_from(updated) != Ok(matched.len()) {
        // The server ignored the locks, and it is unknown which rows it skipped.
        let error = Error::new(
            ErrorKind::SerializationFailure,
            "rows changed while they were locked",
        );
        return Err(error.with_table(table.name));
    }
    if job.each.returning {
        read(job, connection, &matched, outcomes).await
    } else {
        for update in matched {
            outcomes.matched(update);
        }
        Ok(())
    }
}

/// The updates that match their row, which is locked; `None` if the rows cannot be identified by their
/// keys, or the statement would be too large.
async fn matched(
    job: &Job<'_>,
    connection: &mut dyn Connection,
    many: &[usize],
) -> Result<Option<Vec<usize>>> {
    let table = job.each.table;
    let columns = table.key_positions();
    let select = Select {
        columns: columns.clone(),
        ..Select::all_columns(table, any_update(job, many))
    };
    let limits = connection.limits();
    let Ok(statement) = Lower::new(job.dialect, limits, table).select(&select, Lock::Update) else {
        return Ok(None);
    };
    let positions = KeyPositions::of(many.iter().map(|update| &job.each.updates[*update].key[..]));
    let columns: Vec<ColumnDef> = columns.into_iter().map(|key| table.columns[key]).collect();
    let mut matched = Vec::with_capacity(many.len());
    connection
        .query(statement.sql(), &statement.params(), &columns, &mut |row| {
            matched.push(positions.position(row, 0..columns.len(), &columns)?);
            Ok(())
        })
        .await
        .map_err(|error| error.with_table(table.name))?;
    let matched: Option<Vec<usize>> = matched.into_iter().collect();
    Ok(matched.and_then(|mut matched| {
        matched.sort_unstable();
        let twice = matched.windows(2).any(|pair| pair[0] == pair[1]);
        let updates = matched.into_iter().map(|position| many[position]);
        (!twice).then(|| updates.collect())
    }))
}

/// Reads the rows after the update.
async fn read(
    job: &Job<'_>,
    connection: &mut dyn Connection,
    matched: &[usize],
    outcomes: &mut Outcomes,
) -> Result<()> {
    let table = job.each.table;
    let key = |update: &usize| job.each.updates[*update].key.clone();
    let keys: Vec<Vec<Value>> = matched.iter().map(key).collect();
    let positions = KeyPositions::of(keys.iter().map(Vec::as_slice));
    for keys in keys::groups(job.dialect, connection.limits(), table, &keys) {
        let select = Select::all_columns(table, keys::any_of(table, keys));
        let statement =
            Lower::new(job.dialect, connection.limits(), table).select(&select, Lock::No)?;
        let mut rows = Rows::new(table);
        connection
            .query(
                statement.sql(),
                &statement.params(),
                table.columns,
                &mut |row| rows.push(row),
            )
            .await
            .map_err(|error| error.with_table(table.name))?;
        for row in rows.iter() {
            let position = positions.position(&row, table.key_positions(), table.columns)?;
            if let Some(position) = position {
                outcomes.row(matched[position], row)?;
            }
        }
    }
    Ok(())
}

/// The condition for rows that match one of these updates, padded to a power of two, so that few
/// statements are prepared.
fn any_update(job: &Job<'_>, updates: &[usize]) -> Predicate {
    let count = updates.len().next_power_of_two();
    let last = updates.last().into_iter().cycle();
    let filled = updates.iter().chain(last).take(count);
    Predicate::Or(
        filled
            .map(|update| job.updates[*update].filter.clone())
            .collect(),
    )
}
