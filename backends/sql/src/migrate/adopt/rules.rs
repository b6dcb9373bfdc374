//! The values of an adopted row: how they are repaired, and which rules they violate.

use genledger_contract::schema::Adoption;
use genledger_contract::table::{ColumnDef, ColumnType, DefaultValue, Kind};

use super::found::Found;
use super::names::quote;
use crate::ddl;
use crate::dialect::{Dialect, Family};
use crate::introspected::{IntrospectedColumn, TypeClass, uuid_chars};

/// Times of at least this many are not seconds but milliseconds: the year 5138 as seconds, 1973 as milliseconds. The
/// factor between the units is 1,000, and so is that between these limits, so that a converted time is in the range of
/// its unit.
const MILLIS: i64 = 100_000_000_000;
/// Microseconds.
const MICROS: i64 = 100_000_000_000_000;
/// Nanoseconds.
const NANOS: i64 = 100_000_000_000_000_000;
/// Smaller numbers are not taken for seconds in a column of milliseconds: 1973 as seconds.
const SECONDS: i64 = 100_000_000;
/// The year 1000 in seconds.
const EARLIEST: i64 = -30_610_224_000;

/// A repaired column.
pub(super) struct Repair {
    /// The quoted column.
    pub(super) column: String,
    /// Whether a row needs the repair.
    pub(super) condition: String,
    /// The repaired value.
    pub(super) value: String,
}

/// A rule that a row can violate after the repairs.
pub(super) struct Rule {
    pub(super) column: &'static str,
    pub(super) name: &'static str,
    /// Whether a row violates it.
    pub(super) condition: String,
    /// Whether a row that violates it before the repairs does so afterwards.
    pub(super) is_final: bool,
}

/// The repairs of the columns of a table.
pub(super) fn repairs(
    dialect: &'static Dialect,
    adoption: &'static Adoption,
    found: &Found,
) -> Vec<Repair> {
    let all = found.described(adoption);
    all.filter_map(|(column, one)| repair(dialect, adoption, found, column, one))
        .collect()
}

fn repair(
    dialect: &Dialect,
    adoption: &Adoption,
    table: &Found,
    column: &ColumnDef,
    found: &IntrospectedColumn,
) -> Option<Repair> {
    let name = quote(dialect, column.name);
    let (mut conditions, mut cases) = (Vec::new(), Vec::new());
    let fill = fill_value(dialect, adoption, table, column, found);
    if let Some(value) = fill.filter(|_| !adoption.reports) {
        cases.push(format!("WHEN {name} IS NULL THEN {value}"));
        if found.nullable {
            conditions.push(format!("{name} IS NULL"));
        }
    }
    // Text is greater than every number in SQLite.
    let number = match dialect.family() {
        Family::Sqlite => format!("typeof({name}) = 'integer' AND "),
        Family::Postgres | Family::MySql => String::new(),
    };
    let divided = |by: i64| match dialect.family() {
        Family::MySql => format!("{name} DIV {by}"),
        Family::Sqlite | Family::Postgres => format!("{name} / {by}"),
    };
    let mut case = |condition: String, value: String| {
        let condition = format!("{number}{condition}");
        cases.push(format!("WHEN {condition} THEN {value}"));
        conditions.push(format!("({condition})"));
    };
    match column.column_type {
        ColumnType::UnixSeconds => {
            case(format!("{name} >= {NANOS}"), divided(1_000_000_000));
            case(format!("{name} >= {MICROS}"), divided(1_000_000));
            case(format!("{name} >= {MILLIS}"), divided(1_000));
        }
        ColumnType::UnixMillis => {
            case(format!("{name} >= {NANOS}"), divided(1_000_000));
            case(format!("{name} >= {MICROS}"), divided(1_000));
            let seconds = format!("{name} >= {SECONDS} AND {name} < {MILLIS}");
            case(seconds, format!("{name} * 1000"));
        }
        _ => {}
    }
    (!conditions.is_empty()).then(|| Repair {
        value: format!("CASE {} ELSE {name} END", cases.join(" ")),
        condition: conditions.join(" OR "),
        column: name,
    })
}

/// The value for NULL in a required column.
pub(super) fn fill_value(
    dialect: &Dialect,
    adoption: &Adoption,
    table: &Found,
    column: &ColumnDef,
    found: &IntrospectedColumn,
) -> Option<String> {
    let literal = literal(dialect, column, found, adoption.fill(column)?);
    // Where both names exist, the earlier one has the values of earlier rows.
    let earlier = table.earlier_name(adoption, column);
    Some(match earlier.map(|name| quote(dialect, name)) {
        Some(earlier) => format!("COALESCE({earlier}, {literal})"),
        None => literal,
    })
}

/// A fill as a literal of the found type.
pub(super) fn literal(
    dialect: &Dialect,
    column: &ColumnDef,
    found: &IntrospectedColumn,
    fill: DefaultValue,
) -> String {
    match fill {
        DefaultValue::Bool(value) if found.class != TypeClass::Bool => i64::from(value).to_string(),
        fill => ddl::default(dialect, column, fill),
    }
}

/// The rules that rows of a table can violate after the repairs.
pub(super) fn rules(
    dialect: &'static Dialect,
    adoption: &'static Adoption,
    found: &Found,
) -> Vec<Rule> {
    let mut all = Vec::new();
    for (column, one) in found.described(adoption) {
        let name = quote(dialect, column.name);
        let is_mark = adoption.table.soft_delete == Some(column.name);
        let is_converted = matches!(
            column.column_type,
            ColumnType::UnixSeconds | ColumnType::UnixMillis
        );
        let mut assigned = adoption.corrections.iter().flat_map(|one| one.set);
        let is_corrected = assigned.any(|one| one.column == column.name);
        let mut rule = |rule, condition| {
            all.push(Rule {
                column: column.name,
                name: rule,
                condition,
                is_final: !is_mark
                    && match rule {
                        "required" => !is_corrected,
                        _ => !is_converted,
                    },
            });
        };
        let kind = column.column_type.kind();
        if dialect.family() == Family::Sqlite {
            let stored = match kind {
                Kind::Text | Kind::Json => "text",
                _ => "integer",
            };
            rule(
                "wrong_type",
                format!("typeof({name}) NOT IN ('{stored}', 'null')"),
            );
        }
        if !column.nullable && one.nullable && adoption.fill(column).is_none() {
            rule("required", format!("{name} IS NULL"));
        }
        // Of SQLite the declaration may permit NULL in a key that is not the rowid.
        let is_key = adoption.table.primary_key.contains(&column.name);
        if is_key && dialect.family() == Family::Sqlite {
            rule("required", format!("{name} IS NULL"));
        }
        if one.class != TypeClass::Bool || dialect.family() == Family::Sqlite {
            let (low, high) = bounds(dialect, column);
            let mut sides = Vec::new();
            if low > i64::MIN {
                sides.push(format!("{name} < {low}"));
            }
            if high < i64::MAX || matches!(one.class, TypeClass::Unsigned { .. }) {
                sides.push(format!("{name} > {high}"));
            }
            if !sides.is_empty() {
                rule("out_of_range", sides.join(" OR "));
            }
        }
        let most = match column.column_type {
            ColumnType::Text { max_chars } => Some(max_chars),
            ColumnType::Uuid(format) => Some(uuid_chars(format)),
            _ => None,
        };
        if let Some(max_chars) = most {
            let length = match dialect.family() {
                Family::Sqlite => format!("length({name})"),
                Family::Postgres => format!("char_length(CAST({name} AS text))"),
                Family::MySql => format!("char_length({name})"),
            };
            rule("too_long", format!("{length} > {max_chars}"));
        }
    }
    all
}

/// The bounds of the values of a column.
fn bounds(dialect: &Dialect, column: &ColumnDef) -> (i64, i64) {
    if matches!(column.column_type, ColumnType::Decimal { .. }) {
        return ddl::bounds(dialect, column).unwrap_or((i64::MIN, i64::MAX));
    }
    let of_type = match column.column_type {
        ColumnType::Bool => (0, 1),
        ColumnType::I16 => (i16::MIN.into(), i16::MAX.into()),
        ColumnType::I32 => (i32::MIN.into(), i32::MAX.into()),
        ColumnType::UnixSeconds => (EARLIEST, MILLIS - 1),
        ColumnType::UnixMillis => (EARLIEST * 1_000, MICROS - 1),
        _ => (i64::MIN, i64::MAX),
    };
    let (low, high) = column.range.unwrap_or(of_type);
    (low.max(of_type.0), high.min(of_type.1))
}
