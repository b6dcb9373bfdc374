//! Claims: pick candidates, take those that are still free, answer those that carry the token.

use std::collections::HashMap;

use genledger_contract::{
    Action, Assignment, Claim, ColumnDef, Comparison, Direction, OrderBy, Predicate, Result,
    RowVisitor, Select, TableDef, Update, Value,
};

use crate::connection::Connection;
use crate::dialect::Dialect;
use crate::executor::Context;
use crate::keys;
use crate::lower::Lower;
use crate::shape::Lock;
use crate::values::{self, ValuesRow};

use super::overflow::of_sum;
use super::unit::Unit;

/// Claims rows. The update repeats the whole condition, so no lock is needed for two claims never to
/// take the same row; where the dialect has locks, they keep claims out of each other's way.
pub(crate) async fn claim(
    mut context: Context<'_>,
    claim: &Claim,
    mut visitor: RowVisitor,
) -> Result<u64> {
    let unit = Unit::begin(&mut context).await?;
    let claimed = steps(context.connection, context.dialect, claim, &mut visitor).await;
    unit.end(&mut context, claimed)
        .await
        .map_err(|error| error.with_table(claim.table.name))
}

async fn steps(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    claim: &Claim,
    visitor: &mut RowVisitor,
) -> Result<u64> {
    let candidates = candidates(connection, dialect, claim).await?;
    let mut claimed = Vec::new();
    for keys in keys::groups(dialect, connection.limits(), claim.table, &candidates) {
        if take(connection, dialect, claim, keys).await? > 0 {
            claimed.extend(taken(connection, dialect, claim, keys).await?);
        }
    }
    for values in &claimed {
        visitor(&ValuesRow {
            columns: claim.table.columns,
            values,
        })?;
    }
    Ok(u64::try_from(claimed.len()).unwrap_or(u64::MAX))
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
    let columns: Vec<ColumnDef> = table
        .key_positions()
        .into_iter()
        .map(|column| table.columns[column])
        .collect();
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

/// The order, completed with the primary key, so that the first rows are the same everywhere.
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
    let mut assignments = claim.assignments.clone();
    assignments.push(Assignment {
        column: claim.token_column,
        action: Action::Set(claim.token.clone()),
    });
    let update = Update {
        table: claim.table,
        assignments,
        filter: keys::any_of(claim.table, keys).and(claim.filter.clone()),
    };
    let statement = Lower::new(dialect, connection.limits(), claim.table).update(&update)?;
    connection
        .execute(statement.sql(), &statement.params())
        .await
        .map_err(|error| of_sum(error, claim.table, &claim.assignments))
}

/// The rows that carry the token, in the order of their keys in `keys`: their own order may have
/// been changed by the claim.
async fn taken(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    claim: &Claim,
    keys: &[Vec<Value>],
) -> Result<Vec<Vec<Value>>> {
    let table = claim.table;
    let token = Predicate::compare(claim.token_column, Comparison::Eq, claim.token.clone());
    let select = Select::all_columns(table, keys::any_of(table, keys).and(token));
    let statement = Lower::new(dialect, connection.limits(), table).select(&select, Lock::No)?;
    let places: HashMap<Vec<Value>, usize> = keys
        .iter()
        .enumerate()
        .map(|(place, key)| {
            let key = key.iter().map(|value| values::key_value(value.as_ref()));
            (key.collect(), place)
        })
        .collect();
    let positions = table.key_positions();
    let mut rows: Vec<(Option<usize>, Vec<Value>)> = Vec::with_capacity(keys.len());
    connection
        .query(
            statement.sql(),
            &statement.params(),
            table.columns,
            &mut |row| {
                let row: Result<Vec<Value>> = table
                    .columns
                    .iter()
                    .enumerate()
                    .map(|(index, column)| values::read(row, index, column.column_type))
                    .collect();
                let row = row?;
                let key: Vec<Value> = positions
                    .iter()
                    .map(|column| values::key_value(row[*column].as_ref()))
                    .collect();
                rows.push((places.get(&key).copied(), row));
                Ok(())
            },
        )
        .await?;
    rows.sort_by_key(|(place, _)| *place);
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}
