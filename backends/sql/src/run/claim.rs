//! Runs claims: select candidates, update those that are still free, and return those with the token.

use std::cmp::Ordering;

use genledger_contract::Result;
use genledger_contract::backend::Outcome;
use genledger_contract::row::{Row, Rows, Value, ValueRef};
use genledger_contract::statement::{
    Action, Assignment, Claim, ClaimedRows, Comparison, Direction, OrderBy, Predicate, Reply,
    Select, Update,
};
use genledger_contract::table::{ColumnDef, TableDef};

use crate::connection::Connection;
use crate::dialect::Dialect;
use crate::executor::Context;
use crate::keys;
use crate::lower::Lower;
use crate::shape::Lock;
use crate::values;

use super::key_positions::KeyPositions;
use super::overflow::addition_error;
use super::refuse::refuse;
use super::unit::Unit;

/// Claims rows. The update repeats the whole condition, so that two claims never take the same row,
/// even without locks; locks only reduce contention.
pub(crate) async fn claim(mut context: Context<'_>, claim: &Claim) -> Result<Outcome<Reply>> {
    let (connection, dialect) = (&mut *context.connection, context.dialect);
    let rows = if dialect.claims_at_once() {
        refuse!(lowered(connection, dialect, claim));
        at_once(connection, dialect, claim).await
    } else {
        let unit = Unit::begin(&mut context).await?;
        let claimed = steps(context.connection, dialect, claim).await;
        unit.end(&mut context, claimed).await
    };
    let rows = rows.map_err(|error| error.with_table(claim.table.name))?;
    // Rows that were skipped since they are locked may be free.
    let contended =
        rows.is_empty() && dialect.locks() && any_free(context.connection, dialect, claim).await?;
    Ok(Outcome::Done(Reply::Claimed(ClaimedRows {
        rows,
        contended,
    })))
}

/// Whether any row is free, including locked ones.
async fn any_free(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    claim: &Claim,
) -> Result<bool> {
    let select = Select {
        columns: claim.table.key_positions(),
        limit: Some(1),
        ..Select::all_columns(claim.table, claim.filter.clone())
    };
    let statement =
        Lower::new(dialect, connection.limits(), claim.table).select(&select, Lock::No)?;
    let mut free = false;
    let columns = key_columns(claim.table);
    connection
        .query(statement.sql(), &statement.params(), &columns, &mut |_| {
            free = true;
            Ok(())
        })
        .await?;
    Ok(free)
}

/// The assignments to a claimed row, including the token.
fn assignments(claim: &Claim) -> Vec<Assignment> {
    let mut assignments = claim.assignments.clone();
    assignments.push(Assignment {
        column: claim.token_column,
        action: Action::Set(claim.token.clone()),
    });
    assignments
}

/// Checks that the claim can be sent.
fn lowered(connection: &dyn Connection, dialect: &'static Dialect, claim: &Claim) -> Result<()> {
    let assignments = assignments(claim);
    let order = total(claim.table, &claim.order);
    Lower::new(dialect, connection.limits(), claim.table)
        .claim(claim, &assignments, order)
        .map(drop)
}

/// Claims rows in one statement.
async fn at_once(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    claim: &Claim,
) -> Result<Rows> {
    let table = claim.table;
    let assignments = assignments(claim);
    let order = total(table, &claim.order);
    let statement = Lower::new(dialect, connection.limits(), table).claim(
        claim,
        &assignments,
        order.clone(),
    )?;
    let ordered = order.iter().map(|order| table.columns[order.column]);
    let columns: Vec<ColumnDef> = table.columns.iter().copied().chain(ordered).collect();
    let mut rows = Rows::new(table);
    let mut positions: Vec<Vec<Value>> = Vec::new();
    connection
        .query(statement.sql(), &statement.params(), &columns, &mut |row| {
            rows.push(row)?;
            let position = (table.columns.len()..columns.len()).map(|index| {
                let kind = columns[index].column_type.kind();
                // A value that cannot be read does not fail the claim.
                ValueRef::read(row, index, kind).map_or(Value::Null, Value::from)
            });
            positions.push(position.collect());
            Ok(())
        })
        .await
        .map_err(|error| addition_error(error, table, &claim.assignments))?;
    let mut sorted: Vec<usize> = (0..rows.len()).collect();
    sorted.sort_by(|left, right| in_order(&order, &positions[*left], &positions[*right]));
    rows.in_order(sorted)
}

fn in_order(order: &[OrderBy], left: &[Value], right: &[Value]) -> Ordering {
    order
        .iter()
        .zip(left.iter().zip(right))
        .map(|(order, (left, right))| order.direction.apply(left.as_ref().order(right.as_ref())))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// Claims rows in three statements: the candidates, the update, and the rows with the token.
async fn steps(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    claim: &Claim,
) -> Result<Rows> {
    let candidates = candidates(connection, dialect, claim).await?;
    let mut claimed = Rows::new(claim.table);
    for keys in keys::groups(dialect, connection.limits(), claim.table, &candidates) {
        if take(connection, dialect, claim, keys).await? > 0 {
            let taken = taken(connection, dialect, claim, keys).await?;
            for row in taken.iter() {
                claimed.push(&row)?;
            }
        }
    }
    Ok(claimed)
}

fn key_columns(table: &TableDef) -> Vec<ColumnDef> {
    let positions = table.key_positions().into_iter();
    positions.map(|column| table.columns[column]).collect()
}

/// The keys of rows that are free, in the order of the claim.
async fn candidates(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    claim: &Claim,
) -> Result<Vec<Vec<Value>>> {
    let table = claim.table;
    let statement = Lower::new(dialect, connection.limits(), table).candidates(
        &claim.filter,
        total(table, &claim.order),
        claim.limit,
    )?;
    let columns = key_columns(table);
    let mut keys = Vec::new();
    connection
        .query(statement.sql(), &statement.params(), &columns, &mut |row| {
            let key: Result<Vec<Value>> = columns
                .iter()
                .enumerate()
                .map(|(index, column)| values::read(row, index, column.column_type))
                .collect();
            keys.push(key?);
            Ok(())
        })
        .await?;
    Ok(keys)
}

/// The order, completed with the primary key, so that it is total.
fn total(table: &TableDef, order: &[OrderBy]) -> Vec<OrderBy> {
    let mut total = order.to_vec();
    let direction = order
        .last()
        .map_or(Direction::Ascending, |last| last.direction);
    for column in table.key_positions() {
        if !total.iter().any(|one| one.column == column) {
            total.push(OrderBy { column, direction });
        }
    }
    total
}

async fn take(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    claim: &Claim,
    keys: &[Vec<Value>],
) -> Result<u64> {
    let update = Update {
        table: claim.table,
        assignments: assignments(claim),
        filter: keys::any_of(claim.table, keys).and(claim.filter.clone()),
        returning: false,
    };
    let statement = Lower::new(dialect, connection.limits(), claim.table).update(&update)?;
    connection
        .execute(statement.sql(), &statement.params())
        .await
        .map_err(|error| addition_error(error, claim.table, &claim.assignments))
}

/// The rows with the token, in the order of their keys in `keys`, since the claim may have changed the
/// columns of the order.
async fn taken(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    claim: &Claim,
    keys: &[Vec<Value>],
) -> Result<Rows> {
    let table = claim.table;
    let token = Predicate::compare(claim.token_column, Comparison::Eq, claim.token.clone());
    let select = Select::all_columns(table, keys::any_of(table, keys).and(token));
    let statement = Lower::new(dialect, connection.limits(), table).select(&select, Lock::No)?;
    let positions = KeyPositions::of(keys.iter().map(Vec::as_slice));
    let mut rows = Rows::new(table);
    connection
        .query(
            statement.sql(),
            &statement.params(),
            table.columns,
            &mut |row| rows.push(row),
        )
        .await?;
    let position = |row: Row<'_>| {
        let position = positions.position(&row, table.key_positions(), table.columns);
        position.ok().flatten()
    };
    let mut sorted: Vec<(Option<usize>, usize)> = rows.iter().map(position).zip(0..).collect();
    sorted.sort_unstable();
    rows.in_order(sorted.into_iter().map(|(_, index)| index))
}
