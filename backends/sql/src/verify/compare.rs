//! Compares a description with the table in the database.

use genledger_contract::schema::{Difference, Severity};
use genledger_contract::table::{ColumnDef, IndexDef, TableDef, UniqueDef};

use super::bounds::conditions;
use super::differences::Differences;
use super::values;
use crate::dialect::Dialect;
use crate::introspected::{IntrospectedColumn, IntrospectedIndex, IntrospectedTable};

pub(crate) fn compare(
    dialect: &'static Dialect,
    entity: &'static TableDef,
    found: Option<&IntrospectedTable>,
) -> Vec<Difference> {
    let mut all = Differences {
        table: entity.name,
        found: Vec::new(),
    };
    let table = dialect.place(entity);
    let Some(found) = found else {
        all.add("", "the table", "no such table");
        return all.found;
    };
    for (severity, remark) in &found.remarks {
        all.push(*severity, "", "a table as the library makes it", remark);
    }
    let conditions: Vec<String> = found
        .checks
        .iter()
        .flat_map(|text| conditions(text))
        .collect();
    for column in table.columns {
        match found.columns.iter().find(|one| one.name == column.name) {
            None => all.add(column.name, dialect.column_type(column), "no such column"),
            Some(one) => {
                self::column(&mut all, dialect, column, one);
                values::range(&mut all, dialect, column, &conditions);
                values::default(&mut all, dialect, column, one);
            }
        }
    }
    for extra in &found.columns {
        let known = table.columns.iter().any(|one| one.name == extra.name);
        // Inserts do not fill it; other columns belong to the application.
        if !known && !extra.generated && !extra.nullable {
            all.add(
                &extra.name,
                "no such column, or a nullable one",
                "a column that must be filled",
            );
        }
    }
    let key = partitions(&mut all, entity, table, found);
    if found.primary_key != key {
        let expected = key.join(", ");
        all.add("primary key", expected, found.primary_key.join(", "));
    }
    for key in table.unique {
        unique(&mut all, key, found);
    }
    for extra in &found.unique {
        if !table.unique.iter().any(|key| same_unique(key, extra)) {
            // It would reject rows that other stores accept.
            all.add(&extra.name, "no such unique key", describe(extra));
        }
    }
    for index in table.indexes {
        self::index(&mut all, index, found);
    }
    all.found
}

fn column(
    all: &mut Differences,
    dialect: &Dialect,
    column: &ColumnDef,
    found: &IntrospectedColumn,
) {
    let holds = found.class.holds(dialect.family(), column.column_type);
    let holds = match dialect.codec(column) {
        None => holds,
        // JSON of MariaDB is a LONGTEXT.
        Some(Ok(codec)) => found.class.covers(codec.class) || (codec.is_plain() && holds),
        Some(Err(error)) => return all.add(column.name, error.to_string(), &found.sql_type),
    };
    if !holds {
        all.add(column.name, dialect.column_type(column), &found.sql_type);
    }
    if column.nullable != found.nullable {
        let name = |nullable| if nullable { "NULL" } else { "NOT NULL" };
        all.add(column.name, name(column.nullable), name(found.nullable));
    }
    // The collation does not matter if conditions convert the value.
    if !found.binary_collation && dialect.is_ordered(column) {
        all.add(column.name, "a binary collation", &found.sql_type);
    }
}

/// Compares the partitions, and returns the primary key that the table should have. A table that was not moved over
/// yet has that of the entity, and works.
fn partitions(
    all: &mut Differences,
    entity: &TableDef,
    table: &TableDef,
    found: &IntrospectedTable,
) -> &'static [&'static str] {
    let Some(column) = table.partitioned_by else {
        return table.primary_key;
    };
    let by = found.partitioned_by.as_deref();
    if by == Some(column) {
        return table.primary_key;
    }
    let expected = format!("partitions by the months of {column}");
    let found = match by {
        None => "no partitions",
        Some(_) => "other partitions",
    };
    all.push(Severity::Slow, "partitions", expected, found);
    match by {
        None => entity.primary_key,
        Some(_) => table.primary_key,
    }
}

fn unique(all: &mut Differences, key: &UniqueDef, found: &IntrospectedTable) {
    if found.unique.iter().any(|one| same_unique(key, one)) {
        return;
    }
    let what = if key.live_only {
        "unique among live rows"
    } else {
        "unique"
    };
    let expected = format!("{what} ({})", key.columns.join(", "));
    match found.unique.iter().find(|one| one.name == key.name) {
        Some(other) => all.add(key.name, expected, describe(other)),
        None => all.add(key.name, expected, "no such unique key"),
    }
}

/// Compares columns and condition, but not names, since an existing table may have others.
pub(crate) fn same_unique(key: &UniqueDef, found: &IntrospectedIndex) -> bool {
    let names = found.columns.iter().map(|(name, _)| name.as_str());
    key.live_only == found.live_only && names.eq(key.columns.iter().copied())
}

/// Whether an index has the columns of a described one, read in either direction.
pub(crate) fn serves_index(index: &IndexDef, found: &IntrospectedIndex) -> bool {
    serves(&columns(index), found)
}

fn columns(index: &IndexDef) -> Vec<(&'static str, bool)> {
    let columns = index.columns.iter();
    columns
        .map(|column| (column.name, column.descending))
        .collect()
}

fn index(all: &mut Differences, index: &IndexDef, found: &IntrospectedTable) {
    let wanted = columns(index);
    if found.indexes.iter().any(|one| serves(&wanted, one)) {
        return;
    }
    let expected: Vec<String> = wanted
        .iter()
        .map(|(name, down)| spell(name, *down))
        .collect();
    let expected = format!("index ({})", expected.join(", "));
    match found.indexes.iter().find(|one| one.name == index.name) {
        Some(other) => all.push(Severity::Slow, index.name, expected, describe(other)),
        None => all.push(Severity::Slow, index.name, expected, "no such index"),
    }
}

/// Whether an index has these columns, read in either direction.
fn serves(wanted: &[(&str, bool)], found: &IntrospectedIndex) -> bool {
    let matches = |turned: bool| {
        wanted.len() == found.columns.len()
            && wanted
                .iter()
                .zip(&found.columns)
                .all(|((name, down), (found, found_down))| {
                    name == found && *down == (*found_down != turned)
                })
    };
    matches(false) || matches(true)
}

fn describe(index: &IntrospectedIndex) -> String {
    let columns: Vec<String> = index
        .columns
        .iter()
        .map(|(name, down)| spell(name, *down))
        .collect();
    let live = if index.live_only {
        " among live rows"
    } else {
        ""
    };
    format!("({}){live}", columns.join(", "))
}

fn spell(name: &str, descending: bool) -> String {
    if descending {
        format!("{name} DESC")
    } else {
        name.to_owned()
    }
}
