//! Changes of adopted rows that are made one by one, each with its finding.

use std::sync::Arc;

use genledger_contract::Result;
use genledger_contract::schema::{Adoption, NewValue, When};
use genledger_contract::table::{ColumnDef, ColumnType};

use super::findings::{is_recorded, record};
use super::found::Found;
use super::names::quote;
use super::rules::{fill_value, literal};
use crate::connection::{Connection, Param};
use crate::dialect::{Dialect, Family};
use crate::introspected::IntrospectedColumn;

/// A change, without the batch that it is made in.
struct Change {
    column: &'static str,
    rule: &'static str,
    condition: String,
    /// The columns and their values.
    set: Vec<(&'static str, String)>,
}

/// The statements of changes between two keys.
pub(super) struct Correction {
    /// Whether a row needs one of the changes.
    pub(super) condition: String,
    records: Vec<Arc<str>>,
    change: Arc<str>,
}

impl Correction {
    /// Makes the changes, and returns the number of rows.
    pub(super) async fn run(
        &self,
        connection: &mut dyn Connection,
        between: &[Param<'_>],
    ) -> Result<u64> {
        for record in &self.records {
            connection.execute(record, between).await?;
        }
        connection.execute(&self.change, between).await
    }
}

/// Which changes are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Those of times, without which `MySQL` refuses to copy a table that has dates of zero.
    Times,
    All,
}

/// The changes of the rows between two keys, in order.
pub(super) fn corrections(
    dialect: &'static Dialect,
    adoption: &'static Adoption,
    found: &Found,
    between: &str,
    part: Part,
) -> Vec<Correction> {
    let exists = |when: &When| {
        let (When::Missing(column) | When::Present(column) | When::HasItems(column)) = *when;
        found.column(column).is_some()
    };
    let stated = adoption.corrections.iter();
    let stated = stated.filter(|one| one.when.iter().all(exists));
    let stated = stated.map(|one| {
        let when: Vec<String> = one
            .when
            .iter()
            .map(|when| condition(dialect, adoption, *when))
            .collect();
        let set = one.set.iter().filter_map(|assignment| {
            let (column, stored) = of_name(adoption, found, assignment.column)?;
            let value = match assignment.value {
                NewValue::Value(value) => literal(dialect, column, stored, value),
                NewValue::Column(from) => quote(dialect, from),
                NewValue::Now => now(dialect, column),
            };
            Some((assignment.column, value))
        });
        Change {
            column: one.column,
            rule: one.rule,
            condition: when.join(" AND "),
            set: set.collect(),
        }
    });
    let mut all: Vec<Change> = stated.collect();
    if adoption.reports {
        let columns = found.described(adoption);
        all.extend(
            columns.flat_map(|(column, one)| of_column(dialect, adoption, found, column, one)),
        );
    }
    if part == Part::Times {
        all.retain(|change| {
            let is_time = |name: &str| {
                of_name(adoption, found, name).is_some_and(|(column, _)| {
                    matches!(column.column_type, ColumnType::DateTime { .. })
                })
            };
            change.set.iter().all(|(name, _)| is_time(name))
        });
    }
    if all.is_empty() {
        return Vec::new();
    }
    let statements = Statements {
        dialect,
        adoption,
        between,
        touched: touched(dialect, found),
    };
    match dialect.family() {
        // It assigns from left to right: a later value would be that of a changed row.
        Family::MySql => all.iter().map(|change| statements.one(change)).collect(),
        // A constraint that is not validated yet refuses a row of which only some columns are repaired.
        Family::Sqlite | Family::Postgres => vec![statements.together(&all)],
    }
}

/// What the statements of changes have in common.
struct Statements<'f> {
    dialect: &'static Dialect,
    adoption: &'static Adoption,
    between: &'f str,
    /// The columns that stay as they are.
    touched: Vec<&'f str>,
}

impl Statements<'_> {
    /// One change.
    fn one(&self, change: &Change) -> Correction {
        let condition = format!("({}){}", change.condition, self.recorded(change));
        let mut set: Vec<(&str, String)> = change.set.clone();
        for column in &self.touched {
            if set.iter().all(|(name, _)| name != column) {
                set.push((column, quote(self.dialect, column)));
            }
        }
        Correction {
            condition: change.condition.clone(),
            records: self.record(change).into_iter().collect(),
            change: self.update(&set, &condition),
        }
    }

    /// All changes in one statement. Of those of one column, the first one that applies is made.
    fn together(&self, all: &[Change]) -> Correction {
        let mut conditions: Vec<String> = Vec::new();
        let mut set: Vec<(&str, Vec<String>)> = Vec::new();
        for (index, change) in all.iter().enumerate() {
            let earlier = all[..index].iter();
            let earlier = earlier.filter(|one| one.column == change.column);
            let earlier: String = earlier
                .map(|one| format!("WHEN {} THEN 1 = 0 ", one.condition))
                .collect();
            let condition = format!(
                "CASE {earlier}WHEN {} THEN 1 = 1 ELSE 1 = 0 END{}",
                change.condition,
                self.recorded(change)
            );
            for (column, value) in &change.set {
                let case = format!("WHEN {condition} THEN {value}");
                match set.iter_mut().find(|(name, _)| name == column) {
                    Some((_, cases)) => cases.push(case),
                    None => set.push((column, vec![case])),
                }
            }
            conditions.push(format!("({condition})"));
        }
        let set: Vec<(&str, String)> = set
            .into_iter()
            .map(|(column, cases)| {
                let name = quote(self.dialect, column);
                (column, format!("CASE {} ELSE {name} END", cases.join(" ")))
            })
            .collect();
        let needed: Vec<String> = all
            .iter()
            .map(|one| format!("({})", one.condition))
            .collect();
        Correction {
            condition: needed.join(" OR "),
            records: all
                .iter()
                .filter_map(|change| self.record(change))
                .collect(),
            change: self.update(&set, &conditions.join(" OR ")),
        }
    }

    fn update(&self, set: &[(&str, String)], condition: &str) -> Arc<str> {
        let set: Vec<String> = set
            .iter()
            .map(|(name, value)| format!("{} = {value}", quote(self.dialect, name)))
            .collect();
        format!(
            "UPDATE {} SET {} WHERE {} AND ({condition})",
            quote(self.dialect, self.adoption.table.name),
            set.join(", "),
            self.between
        )
        .into()
    }

    /// Records the rows of a change.
    fn record(&self, change: &Change) -> Option<Arc<str>> {
        let rows = format!("{} AND ({})", self.between, change.condition);
        self.adoption.reports.then(|| {
            record(
                self.dialect,
                self.adoption,
                change.column,
                change.rule,
                &rows,
            )
            .into()
        })
    }

    /// That the finding of a row is recorded: only those rows are changed.
    fn recorded(&self, change: &Change) -> String {
        if !self.adoption.reports {
            return String::new();
        }
        let found = is_recorded(self.dialect, self.adoption, change.column, change.rule);
        format!(" AND {found}")
    }
}

/// The changes that the type of a column needs.
fn of_column(
    dialect: &'static Dialect,
    adoption: &'static Adoption,
    table: &Found,
    column: &'static ColumnDef,
    found: &IntrospectedColumn,
) -> Vec<Change> {
    let name = quote(dialect, column.name);
    let mut all = Vec::new();
    let mut change = |rule, condition, value: &str| {
        all.push(Change {
            column: column.name,
            rule,
            condition,
            set: vec![(column.name, value.to_owned())],
        });
    };
    let is_mark = adoption.table.soft_delete == Some(column.name);
    if is_mark && dialect.family() != Family::Postgres {
        let number = match dialect.family() {
            Family::Sqlite => format!("typeof({name}) = 'integer' AND "),
            Family::Postgres | Family::MySql => String::new(),
        };
        change("not_boolean", format!("{number}{name} NOT IN (0, 1)"), "1");
    }
    if !found.nullable {
        return all;
    }
    if let Some(fill) = fill_value(dialect, adoption, table, column, found) {
        change("null_default", format!("{name} IS NULL"), &fill);
    }
    match column.column_type {
        ColumnType::Uuid(_) if column.nullable => {
            change("empty_id", format!("{name} = ''"), "NULL");
        }
        ColumnType::DateTime { .. } if column.nullable && dialect.family() == Family::MySql => {
            change("no_time", format!("YEAR({name}) = 0"), "NULL");
        }
        _ => {}
    }
    all
}

/// The condition in the dialect.
fn condition(dialect: &Dialect, adoption: &Adoption, when: When) -> String {
    let zero = |column: &str| {
        let mut columns = adoption.table.columns.iter();
        let is_time = |one: &ColumnDef| {
            one.name == column && matches!(one.column_type, ColumnType::DateTime { .. })
        };
        dialect.family() == Family::MySql && columns.any(is_time)
    };
    match when {
        When::Missing(column) => {
            let name = quote(dialect, column);
            if zero(column) {
                format!("({name} IS NULL OR YEAR({name}) = 0)")
            } else {
                format!("{name} IS NULL")
            }
        }
        When::Present(column) => {
            let name = quote(dialect, column);
            if zero(column) {
                format!("YEAR({name}) <> 0")
            } else {
                format!("{name} IS NOT NULL")
            }
        }
        When::HasItems(column) => {
            let value = as_text(dialect, &quote(dialect, column));
            format!("TRIM({value}) NOT IN ('', '[]', 'null')")
        }
    }
}

fn of_name<'f>(
    adoption: &'static Adoption,
    found: &'f Found,
    name: &str,
) -> Option<(&'static ColumnDef, &'f IntrospectedColumn)> {
    let mut columns = found.described(adoption);
    columns.find(|(column, _)| column.name == name)
}

/// The time of the database, as a column holds it.
fn now(dialect: &Dialect, column: &ColumnDef) -> String {
    let ColumnType::DateTime { digits } = column.column_type else {
        return dialect.now_millis().to_owned();
    };
    match dialect.family() {
        // The same for all columns of a row.
        Family::Postgres => "now()".to_owned(),
        Family::MySql => format!("CURRENT_TIMESTAMP({digits})"),
        Family::Sqlite if digits > 3 => {
            format!(
                "{} * {}",
                dialect.now_millis(),
                10_i64.pow(u32::from(digits) - 3)
            )
        }
        Family::Sqlite => dialect.now_millis().to_owned(),
    }
}

pub(super) fn as_text(dialect: &Dialect, value: &str) -> String {
    let text = match dialect.family() {
        Family::Sqlite => "TEXT",
        Family::Postgres => "text",
        Family::MySql => "CHAR",
    };
    format!("CAST({value} AS {text})")
}

/// The columns that the database sets by itself when a row changes.
pub(super) fn touched<'f>(dialect: &Dialect, found: &'f Found) -> Vec<&'f str> {
    let columns = found.0.columns.iter().map(|column| column.name.as_str());
    let touched = columns.filter(|name| found.is_touched(dialect, name));
    touched.collect()
}
