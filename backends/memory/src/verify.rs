//! Differences between a table and a description: those with which a statement of the description could fail
//! or return other values. What else the table has is not compared.

use genledger_contract::schema::{Difference, Severity};
use genledger_contract::table::{ColumnDef, ColumnType, IndexDef, TableDef, UniqueDef};

/// The differences between the expected and the existing table.
pub(crate) fn differences(expected: &TableDef, found: Option<&TableDef>) -> Vec<Difference> {
    let mut all = Differences {
        table: expected.name,
        found: Vec::new(),
    };
    match found {
        None => all.add("", "the table", "no such table"),
        Some(found) => {
            columns(&mut all, expected, found);
            keys(&mut all, expected, found);
            indexes(&mut all, expected, found);
        }
    }
    all.found
}

/// Whether a statement of the description can fail or return other values.
pub(crate) fn breaks(expected: &TableDef, found: Option<&TableDef>) -> bool {
    let all = differences(expected, found);
    all.iter().any(|one| one.severity == Severity::Breaks)
}

struct Differences {
    table: &'static str,
    found: Vec<Difference>,
}

impl Differences {
    fn add(&mut self, item: &str, expected: impl Into<String>, found: impl Into<String>) {
        self.push(Severity::Breaks, item, expected, found);
    }

    fn push(
        &mut self,
        severity: Severity,
        item: &str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        self.found.push(Difference {
            table: self.table.to_owned(),
            item: item.to_owned(),
            severity,
            expected: expected.into(),
            found: found.into(),
        });
    }
}

fn columns(all: &mut Differences, expected: &TableDef, found: &TableDef) {
    for column in expected.columns {
        match found.position(column.name).map(|at| &found.columns[at]) {
            None => all.add(column.name, spell_column(column), "no such column"),
            Some(other) if !holds(column, other) => {
                all.add(column.name, spell_column(column), spell_column(other));
            }
            Some(other) => values(all, column, other),
        }
    }
    for extra in found.columns {
        if expected.position(extra.name).is_none() && !extra.nullable {
            all.add(
                extra.name,
                "no such column, or a nullable one",
                spell_column(extra),
            );
        }
    }
}

/// The range and the default of a column.
fn values(all: &mut Differences, wanted: &ColumnDef, found: &ColumnDef) {
    if wanted.range != found.range {
        let spell = |range| match range {
            None => "no CHECK of the range".to_owned(),
            Some((low, high)) => format!("a CHECK of the range {low} to {high}"),
        };
        all.add(wanted.name, spell(wanted.range), spell(found.range));
    }
    if wanted.default.is_some() && wanted.default != found.default {
        let spell = |default| format!("the default {default:?}");
        let (expected, found) = (spell(wanted.default), spell(found.default));
        all.push(Severity::Differs, wanted.name, expected, found);
    }
}

/// Whether a column accepts every value of another one, and returns it unchanged.
fn holds(wanted: &ColumnDef, found: &ColumnDef) -> bool {
    let width = |column_type| match column_type {
        ColumnType::I16 => 16,
        ColumnType::I32 => 32,
        _ => 64,
    };
    let holds_type = match (wanted.column_type, found.column_type) {
        (wanted, found) if wanted.is_integer() && found.is_integer() => {
            width(found) >= width(wanted)
        }
        (ColumnType::Text { max_chars }, ColumnType::Text { max_chars: found }) => {
            found >= max_chars
        }
        (ColumnType::Text { .. }, ColumnType::LongText) => true,
        (
            ColumnType::Decimal { precision, scale },
            ColumnType::Decimal {
                precision: found,
                scale: digits,
            },
        ) => digits >= scale && found - digits >= precision - scale,
        (wanted, found) => wanted == found,
    };
    holds_type && wanted.nullable == found.nullable
}

fn keys(all: &mut Differences, expected: &TableDef, found: &TableDef) {
    if expected.primary_key != found.primary_key {
        all.add(
            "primary key",
            expected.primary_key.join(", "),
            found.primary_key.join(", "),
        );
    }
    // Keys are compared by their columns, not by their names.
    let same = |left: &UniqueDef, right: &UniqueDef| {
        left.columns == right.columns && left.live_only == right.live_only
    };
    for key in expected.unique {
        if !found.unique.iter().any(|other| same(key, other)) {
            all.add(key.name, spell_key(key), "no such unique key");
        }
    }
    for key in found.unique {
        if !expected.unique.iter().any(|other| same(key, other)) {
            all.add(key.name, "no such unique key", spell_key(key));
        }
    }
}

fn indexes(all: &mut Differences, expected: &TableDef, found: &TableDef) {
    for index in expected.indexes {
        if !found.indexes.iter().any(|other| serves(index, other)) {
            all.push(
                Severity::Slow,
                index.name,
                spell_index(index),
                "no such index",
            );
        }
    }
}

/// Whether an index has the same columns, read in either direction.
fn serves(wanted: &IndexDef, found: &IndexDef) -> bool {
    let matches = |reversed: bool| {
        wanted.columns.len() == found.columns.len()
            && wanted
                .columns
                .iter()
                .zip(found.columns)
                .all(|(one, other)| {
                    one.name == other.name && one.descending == (other.descending != reversed)
                })
    };
    matches(false) || matches(true)
}

fn spell_column(column: &ColumnDef) -> String {
    let null = if column.nullable { "NULL" } else { "NOT NULL" };
    format!("{:?} {null}", column.column_type)
}

fn spell_key(key: &UniqueDef) -> String {
    let live = if key.live_only {
        " among live rows"
    } else {
        ""
    };
    format!("unique{live} ({})", key.columns.join(", "))
}

fn spell_index(index: &IndexDef) -> String {
    let columns: Vec<String> = index
        .columns
        .iter()
        .map(|column| {
            let direction = if column.descending { " DESC" } else { "" };
            format!("{}{direction}", column.name)
        })
        .collect();
    format!("index ({})", columns.join(", "))
}
