//! Renders conditions.

use genledger_contract::statement::Comparison;
use genledger_contract::table::TableDef;
use sea_query::{Expr, ExprTrait, Func, Keyword};

use super::bytes;
use super::convert::{compared, operand, read, read_text};
use super::expr::{Source, column, compares_bytes};
use crate::dialect::{Dialect, Family};
use crate::shape::{Condition, TextAs};

pub(super) fn condition(
    dialect: &Dialect,
    table: &'static TableDef,
    condition: &Condition,
    source: Source,
) -> Expr {
    let inner = |one: &Condition| self::condition(dialect, table, one, source);
    match condition {
        Condition::True => Expr::cust("1 = 1"),
        Condition::False => Expr::cust("1 = 0"),
        Condition::Unknown => Expr::cust("NULL"),
        Condition::Compare {
            column: position,
            comparison,
            slot,
            text,
        } => compare(
            *comparison,
            text_as(*text, dialect, table, *position),
            value_as(*text, dialect, table, *position, source.value(*slot)),
        ),
        Condition::CompareColumns {
            column: left,
            plus,
            comparison,
            other,
        } => {
            let plus = plus.map(|slot| source.value(slot));
            columns(dialect, table, (*left, plus), *comparison, *other)
        }
        Condition::In {
            column: position,
            first,
            count,
            text,
        } => within(
            text_as(*text, dialect, table, *position),
            (*first..first + count)
                .map(|slot| value_as(*text, dialect, table, *position, source.value(slot))),
        ),
        Condition::IsNull { column: position } => column(table, *position).is_null(),
        Condition::PrefixBytes {
            column: position,
            slot,
        } => bytes::begins_with(read(dialect, table, *position), source.value(*slot)),
        Condition::Contains {
            column: position,
            slot,
        } => contains(
            dialect,
            read(dialect, table, *position),
            source.value(*slot),
        ),
        Condition::And(all) => join(all.iter().map(inner), Expr::and),
        Condition::Or(any) => join(any.iter().map(inner), Expr::or),
        Condition::Not(one) => match &**one {
            Condition::IsNull { column: position } => column(table, *position).is_not_null(),
            one => inner(one).not(),
        },
        Condition::OfKey(one) => inner(one).is(Expr::Keyword(Keyword::Custom("TRUE".into()))),
    }
}

/// A comparison of two columns. A sum of integers is computed with more digits than the column has, so
/// that it is exact; a sum beyond 64 bits is a float in SQLite, which compares correctly.
fn columns(
    dialect: &Dialect,
    table: &'static TableDef,
    (left, plus): (usize, Option<Expr>),
    comparison: Comparison,
    right: usize,
) -> Expr {
    let sums = plus.is_some();
    let integer = table.columns[left].column_type.is_integer();
    let exact = |position: usize| {
        let value = read(dialect, table, position);
        let bytes = compares_bytes(dialect, table, left) && compares_bytes(dialect, table, right);
        match dialect.family() {
            Family::Postgres if sums && integer => value.cast_as("numeric"),
            Family::MySql if sums && integer => value.cast_as("DECIMAL(65, 0)"),
            _ if bytes => value,
            _ => bytes::bytes(value),
        }
    };
    let sum = match plus {
        Some(plus) => exact(left).add(plus),
        None => exact(left),
    };
    compare(comparison, sum, exact(right))
}

fn text_as(text: TextAs, dialect: &Dialect, table: &'static TableDef, position: usize) -> Expr {
    match text {
        TextAs::Column => compared(dialect, table, position),
        TextAs::Bytes => bytes::bytes(compared(dialect, table, position)),
        TextAs::Read => read_text(dialect, table, position),
    }
}

/// A value that is compared with a column.
fn value_as(
    text: TextAs,
    dialect: &Dialect,
    table: &'static TableDef,
    position: usize,
    value: Expr,
) -> Expr {
    match text {
        TextAs::Column => operand(dialect, table, position, value),
        TextAs::Bytes => bytes::bytes(operand(dialect, table, position, value)),
        TextAs::Read => value,
    }
}

fn compare(comparison: Comparison, left: Expr, right: Expr) -> Expr {
    match comparison {
        Comparison::Eq => left.eq(right),
        Comparison::Ne => left.ne(right),
        Comparison::Lt => left.lt(right),
        Comparison::Le => left.lte(right),
        Comparison::Gt => left.gt(right),
        Comparison::Ge => left.gte(right),
    }
}

/// A list of one value is an equality, which planners handle best.
fn within(left: Expr, mut values: impl ExactSizeIterator<Item = Expr>) -> Expr {
    if values.len() == 1
        && let Some(value) = values.next()
    {
        return left.eq(value);
    }
    left.is_in(values)
}

/// LIKE is not used, since it ignores case in SQLite and would require escapes.
fn contains(dialect: &Dialect, text: Expr, part: Expr) -> Expr {
    let place = match dialect.family() {
        Family::Sqlite => Func::cust("INSTR").args([text, part]),
        Family::Postgres => Func::cust("STRPOS").args([text, part]),
        Family::MySql => Func::cust("LOCATE").args([bytes::bytes(part), bytes::bytes(text)]),
    };
    Expr::from(place).gt(Expr::cust("0"))
}

/// The most conditions that are joined one after another, which makes a tree of that depth. More are
/// joined in halves, since SQLite limits the depth to 1,000.
const FLAT: usize = 100;

fn join(all: impl Iterator<Item = Expr>, how: fn(Expr, Expr) -> Expr) -> Expr {
    let all: Vec<Expr> = all.collect();
    fold(&all, how).unwrap_or_else(|| Expr::cust("1 = 1"))
}

fn fold(all: &[Expr], how: fn(Expr, Expr) -> Expr) -> Option<Expr> {
    if all.len() <= FLAT {
        return all.iter().cloned().reduce(how);
    }
    let (left, right) = all.split_at(all.len() / 2);
    Some(how(fold(left, how)?, fold(right, how)?))
}
