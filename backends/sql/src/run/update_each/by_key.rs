//! Many updates in two statements, where updates return nothing: which rows meet their guards, and then
//! the update of these, which repeats the guards.

use genledger_contract::row::{Rows, Value};
use genledger_contract::statement::{Assignment, Predicate, Select};
use genledger_contract::table::ColumnDef;
use genledger_contract::{Error, ErrorKind, Result};

use super::{Answers, Job};
use crate::connection::Connection;
use crate::keys;
use crate::lower::Lower;
use crate::run::overflow::of_sum;
use crate::run::places::Places;
use crate::shape::Lock;

pub(super) async fn run(
    job: &Job<'_>,
    connection: &mut dyn Connection,
    many: &[usize],
    answers: &mut Answers,
) -> Result<()> {
    let table = job.each.table;
    let Some(met) = met(job, connection, many).await? else {
        return job.one_by_one(connection, many, answers).await;
    };
    let Some(first) = met.first() else {
        return Ok(());
    };
    let given: Vec<(&[Value], &[Assignment])> = met
        .iter()
        .map(|update| &job.each.updates[*update])
        .map(|update| (&update.key[..], &update.assignments[..]))
        .collect();
    let filter = any(job, &met);
    let limits = connection.limits();
    let Ok(statement) = Lower::new(job.dialect, limits, table).update_by_key(&given, &filter)
    else {
        return job.one_by_one(connection, many, answers).await;
    };
    let updated = connection
        .execute(statement.sql(), &statement.params())
        .await
        .map_err(|error| {
            of_sum(error, table, &job.updates[*first].assignments).with_table(table.name)
        })?;
    if usize::try_from(updated) != Ok(met.len()) {
        // The server has no locks, and which of the rows it left out is not known.
        let error = Error::new(
            ErrorKind::SerializationFailure,
            "rows changed while they were locked",
        );
        return Err(error.with_table(table.name));
    }
    if job.each.returning {
        read(job, connection, &met, answers).await
    } else {
        for update in met {
            answers.matched(update);
        }
        Ok(())
    }
}

/// The updates that meet their row, which is locked; `None` where the rows cannot be told apart by their
/// keys, or where the statement would be too large.
async fn met(
    job: &Job<'_>,
    connection: &mut dyn Connection,
    many: &[usize],
) -> Result<Option<Vec<usize>>> {
    let table = job.each.table;
    let columns = table.key_positions();
    let select = Select {
        columns: columns.clone(),
        ..Select::all_columns(table, any(job, many))
    };
    let limits = connection.limits();
    let Ok(statement) = Lower::new(job.dialect, limits, table).select(&select, Lock::Update) else {
        return Ok(None);
    };
    let places = Places::of(many.iter().map(|update| &job.each.updates[*update].key[..]));
    let columns: Vec<ColumnDef> = columns.into_iter().map(|key| table.columns[key]).collect();
    let mut met = Vec::with_capacity(many.len());
    connection
        .query(statement.sql(), &statement.params(), &columns, &mut |row| {
            met.push(places.place(row, 0..columns.len(), &columns)?);
            Ok(())
        })
        .await
        .map_err(|error| error.with_table(table.name))?;
    let met: Option<Vec<usize>> = met.into_iter().collect();
    Ok(met.and_then(|mut met| {
        met.sort_unstable();
        let twice = met.windows(2).any(|pair| pair[0] == pair[1]);
        let updates = met.into_iter().map(|place| many[place]);
        (!twice).then(|| updates.collect())
    }))
}

/// Reads the rows as they are now.
async fn read(
    job: &Job<'_>,
    connection: &mut dyn Connection,
    met: &[usize],
    answers: &mut Answers,
) -> Result<()> {
    let table = job.each.table;
    let key = |update: &usize| job.each.updates[*update].key.clone();
    let found: Vec<Vec<Value>> = met.iter().map(key).collect();
    let places = Places::of(found.iter().map(Vec::as_slice));
    for found in keys::groups(job.dialect, connection.limits(), table, &found) {
        let select = Select::all_columns(table, keys::any_of(table, found));
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
            let place = places.place(&row, table.key_positions(), table.columns)?;
            if let Some(place) = place {
                answers.row(met[place], row)?;
            }
        }
    }
    Ok(())
}

/// The rows that meet one of these updates, filled up to a power of two, so that few statements are
/// prepared.
fn any(job: &Job<'_>, updates: &[usize]) -> Predicate {
    let count = updates.len().next_power_of_two();
    let last = updates.last().into_iter().cycle();
    let filled = updates.iter().chain(last).take(count);
    Predicate::Or(
        filled
            .map(|update| job.updates[*update].filter.clone())
            .collect(),
    )
}
