//! Spans of time: the greatest multiple of a length that is not greater than a moment.

use genledger_contract::table::{ColumnType, TableDef};
use sea_query::{BinOper, Expr, ExprTrait};

use super::column;
use crate::dialect::{Dialect, Family};

/// `(c - ((c % s) + s) % s)`, in seconds: division truncates towards zero everywhere, so the
/// remainder is made positive first. The length stands there as a constant, since `GROUP BY` has to
/// repeat the expression.
pub(super) fn bucket(
    dialect: &Dialect,
    table: &'static TableDef,
    position: usize,
    seconds: i64,
) -> Expr {
    let moment = || column(table, position);
    let millis = matches!(table.columns[position].column_type, ColumnType::UnixMillis);
    // Validation bounds the length, so that this never overflows.
    let unit = if millis { 1_000 } else { 1 };
    let length = seconds.saturating_mul(unit);
    let remainder = moment()
        .modulo(constant(length))
        .add(constant(length))
        .modulo(constant(length));
    let start = moment().sub(remainder);
    if millis {
        start.binary(divide(dialect), constant(unit))
    } else {
        start
    }
}

/// Division of integers; `/` of `MySQL` answers a decimal.
const fn divide(dialect: &Dialect) -> BinOper {
    match dialect.family() {
        Family::MySql => BinOper::Custom("DIV"),
        Family::Sqlite | Family::Postgres => BinOper::Div,
    }
}

fn constant(value: i64) -> Expr {
    Expr::cust(value.to_string())
}
