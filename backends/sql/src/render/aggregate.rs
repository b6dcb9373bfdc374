//! Aggregates.

use genledger_contract::statement::{Group, Measure};
use genledger_contract::table::{ColumnDef, ColumnType, Kind, TableDef};
use sea_query::{Alias, BinOper, Expr, ExprTrait, Func, Query, SelectStatement};

use super::convert::{compared, read, read_from};
use super::expr::{column, compares_bytes, name};
use super::{bytes, select};
use crate::dialect::{Dialect, Family};
use crate::shape::{Condition, Slot};

/// A value of the result and its SQL columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// One column with the value.
    Value(ColumnDef),
    /// One column with an exact sum; NULL without rows.
    Sum(ColumnDef),
    /// Two columns: the sums of the high and of the low 32 bits of integers; NULL without rows.
    Halves(ColumnDef),
}

/// The parts of the result of an aggregate.
pub(crate) fn parts(
    dialect: &Dialect,
    table: &'static TableDef,
    groups: &[Group],
    measures: &[Measure],
) -> Vec<Part> {
    let groups = groups.iter().map(|group| match group {
        Group::Column(position) => Part::Value(table.columns[*position]),
        Group::Bucket { column, .. } => Part::Value(integer(&table.columns[*column])),
    });
    let measures = measures.iter().map(|measure| match measure {
        Measure::Count => Part::Value(ColumnDef {
            name: "count",
            ..integer(&table.columns[0])
        }),
        Measure::Sum(position) if dialect.family() == Family::Sqlite => {
            Part::Halves(table.columns[*position])
        }
        Measure::Sum(position) => Part::Sum(table.columns[*position]),
        Measure::Min(position) | Measure::Max(position) => Part::Value(table.columns[*position]),
    });
    groups.chain(measures).collect()
}

fn integer(column: &ColumnDef) -> ColumnDef {
    ColumnDef {
        column_type: ColumnType::I64,
        nullable: true,
        ..*column
    }
}

pub(super) fn aggregate(
    dialect: &Dialect,
    table: &'static TableDef,
    filter: &Condition,
    groups: &[Group],
    measures: &[Measure],
) -> SelectStatement {
    let mut statement = Query::select();
    statement.from(name(table));
    for group in groups {
        let (shown, grouped) = self::group(dialect, table, *group);
        statement.expr(shown);
        statement.add_group_by([grouped]);
    }
    for measure in measures {
        for expr in self::measure(dialect, table, *measure) {
            statement.expr(expr);
        }
    }
    select::filter(&mut statement, dialect, table, filter);
    statement
}

/// The expression that is selected for a group, and the one that rows are grouped by.
fn group(dialect: &Dialect, table: &'static TableDef, group: Group) -> (Expr, Expr) {
    match group {
        Group::Column(position) if compares_bytes(dialect, table, position) => {
            let by = column(table, position);
            (read_from(dialect, &table.columns[position], by.clone()), by)
        }
        Group::Column(position) => {
            let by = bytes::bytes(compared(dialect, table, position));
            (bytes::text(by.clone()), by)
        }
        Group::Bucket {
            column: position,
            seconds,
        } => {
            let start = bucket(dialect, table, position, seconds);
            (start.clone(), start)
        }
    }
}

fn measure(dialect: &Dialect, table: &'static TableDef, measure: Measure) -> Vec<Expr> {
    match measure {
        Measure::Count => vec![Expr::cust("COUNT(*)")],
        Measure::Sum(position) => sum(dialect, table, position),
        Measure::Min(position) => vec![extreme(dialect, table, position, "MIN", "BOOL_AND")],
        Measure::Max(position) => vec![extreme(dialect, table, position, "MAX", "BOOL_OR")],
    }
}

fn sum(dialect: &Dialect, table: &'static TableDef, position: usize) -> Vec<Expr> {
    let value = || column(table, position);
    match dialect.family() {
        // SUM fails on an intermediate overflow, even if the result would fit.
        Family::Sqlite => vec![
            value().right_shift(Expr::cust("32")).sum(),
            value().bit_and(Expr::cust("4294967295")).sum(),
        ],
        // The sum of narrow integers is a bigint, that of other types numeric.
        Family::Postgres => vec![value().sum().cast_as("numeric")],
        Family::MySql => vec![value().sum()],
    }
}

/// MIN or MAX; `PostgreSQL` has neither for booleans, and `MySQL` neither for text by bytes.
fn extreme(
    dialect: &Dialect,
    table: &'static TableDef,
    position: usize,
    function: &'static str,
    of_booleans: &'static str,
) -> Expr {
    let value = read(dialect, table, position);
    let boolean = table.columns[position].column_type.kind() == Kind::Bool;
    if boolean && dialect.family() == Family::Postgres {
        return Func::cust(of_booleans).arg(value).into();
    }
    if compares_bytes(dialect, table, position) {
        return Func::cust(function).arg(value).into();
    }
    bytes::text(Func::cust(function).arg(bytes::bytes(value)).into())
}

/// `SELECT COUNT(*) FROM (SELECT 1 … LIMIT n)`.
pub(super) fn capped_count(
    dialect: &Dialect,
    table: &'static TableDef,
    filter: &Condition,
    limit: Slot,
) -> SelectStatement {
    let mut rows = Query::select();
    rows.expr_as(Expr::cust("1"), Alias::new("one"));
    rows.from(name(table));
    select::filter(&mut rows, dialect, table, filter);
    select::limit(&mut rows, limit);
    Query::select()
        .expr(Expr::cust("COUNT(*)"))
        .from_subquery(rows, Alias::new("counted"))
        .take()
}

/// The start of the time bucket of a moment: `(c - ((c % s) + s) % s)`, in seconds. Division truncates
/// towards zero on every database, so the remainder is made positive first. The length is a constant,
/// since `GROUP BY` has to repeat the expression.
fn bucket(dialect: &Dialect, table: &'static TableDef, position: usize, seconds: i64) -> Expr {
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

/// Integer division; `/` of `MySQL` returns a decimal.
const fn divide(dialect: &Dialect) -> BinOper {
    match dialect.family() {
        Family::MySql => BinOper::Custom("DIV"),
        Family::Sqlite | Family::Postgres => BinOper::Div,
    }
}

fn constant(value: i64) -> Expr {
    Expr::cust(value.to_string())
}
