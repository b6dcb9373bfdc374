//! How a table differs from a description.

use std::fmt::Debug;

use genledger_contract::{ColumnDef, Difference, TableDef, UniqueDef};

const MISSING: &str = "nothing";

/// Everything in which the table that is there differs from the one that is expected. What only
/// documents a table (descriptions, codes) is no difference.
pub(crate) fn differences(expected: &TableDef, found: Option<&TableDef>) -> Vec<Difference> {
    let Some(found) = found else {
        return vec![difference(expected, "", "a table", MISSING)];
    };
    let mut differences = Vec::new();
    let mut compare = |item: &str, expected_as: Option<String>, found_as: Option<String>| {
        if expected_as != found_as {
            let text = |side: Option<String>| side.unwrap_or_else(|| MISSING.to_owned());
            differences.push(difference(
                expected,
                item,
                &text(expected_as),
                &text(found_as),
            ));
        }
    };
    for name in names(expected.columns, found.columns, |column| column.name) {
        compare(
            name,
            find(expected.columns, |column| column.name == name).map(column),
            find(found.columns, |column| column.name == name).map(column),
        );
    }
    compare(
        "primary key",
        Some(shown(&expected.primary_key)),
        Some(shown(&found.primary_key)),
    );
    for name in names(expected.unique, found.unique, |unique| unique.name) {
        compare(
            name,
            find(expected.unique, |unique| unique.name == name).map(unique),
            find(found.unique, |unique| unique.name == name).map(unique),
        );
    }
    for name in names(expected.indexes, found.indexes, |index| index.name) {
        compare(
            name,
            find(expected.indexes, |index| index.name == name).map(shown),
            find(found.indexes, |index| index.name == name).map(shown),
        );
    }
    differences
}

fn difference(table: &TableDef, item: &str, expected: &str, found: &str) -> Difference {
    Difference {
        table: table.name.to_owned(),
        item: item.to_owned(),
        expected: expected.to_owned(),
        found: found.to_owned(),
    }
}

/// The names on both sides, those that are expected first.
fn names<T>(
    expected: &'static [T],
    found: &'static [T],
    name: fn(&T) -> &'static str,
) -> Vec<&'static str> {
    let mut names: Vec<_> = expected.iter().map(name).collect();
    for name in found.iter().map(name) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn find<T>(items: &'static [T], wanted: impl Fn(&T) -> bool) -> Option<&'static T> {
    items.iter().find(|item| wanted(item))
}

fn shown(item: &impl Debug) -> String {
    format!("{item:?}")
}

fn column(column: &ColumnDef) -> String {
    let null = if column.nullable { "NULL" } else { "NOT NULL" };
    let default = column
        .default
        .map(|default| format!(" default {default:?}"))
        .unwrap_or_default();
    let range = column
        .range
        .map(|(low, high)| format!(" from {low} to {high}"))
        .unwrap_or_default();
    format!("{:?} {null}{default}{range}", column.column_type)
}

fn unique(unique: &UniqueDef) -> String {
    let live = if unique.live_only {
        " of live rows"
    } else {
        ""
    };
    format!("unique {:?}{live}", unique.columns)
}
