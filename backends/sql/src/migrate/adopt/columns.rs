//! The first changes of an adopted table: names of columns, missing columns, and what the repair of rows needs.

use genledger_contract::schema::Adoption;
use genledger_contract::table::{ColumnDef, ColumnType};

use super::found::Found;
use super::names::quote;
use super::rules::literal;
use super::unit::Change;
use crate::dialect::{Dialect, Family};
use crate::introspected::{IntrospectedColumn, TypeClass};

/// The statements.
pub(super) fn statements(
    dialect: &'static Dialect,
    adoption: &'static Adoption,
    found: &Found,
) -> Vec<Change> {
    let table = quote(dialect, adoption.table.name);
    let alter = |change: String| Change::Together(vec![format!("ALTER TABLE {table} {change}")]);
    let mut all = Vec::new();
    if dialect.family() == Family::MySql && found.needs_engine() {
        all.push(alter("ENGINE = InnoDB".to_owned()));
    }
    let mut added = Vec::new();
    for column in adoption.table.columns {
        let name = quote(dialect, column.name);
        let present = found.column(column.name);
        match (present, found.earlier_name(adoption, column)) {
            (None, Some(earlier)) => {
                let earlier = quote(dialect, earlier);
                all.push(alter(format!("RENAME COLUMN {earlier} TO {name}")));
            }
            (None, None) => {
                added.push(format!("ADD COLUMN {}", missing(dialect, adoption, column)));
            }
            (Some(_), _) => {}
        }
        let earlier = found.earlier_name(adoption, column);
        let now = present.or_else(|| found.column(earlier?));
        if let Some(change) = now.and_then(|found| wider(dialect, column, found)) {
            all.push(alter(change));
        }
        if let Some(change) = present.and_then(|found| early(dialect, adoption, column, found)) {
            all.push(alter(change));
        }
    }
    match dialect.family() {
        Family::Sqlite => all.extend(added.into_iter().map(alter)),
        Family::Postgres | Family::MySql if added.is_empty() => {}
        Family::Postgres | Family::MySql => all.push(alter(added.join(", "))),
    }
    all
}

/// What the keys and the repair of rows need of a column: an optional id can be NULL, and a mark of deletion is a boolean
/// where a condition of an index depends on it.
fn early(
    dialect: &Dialect,
    adoption: &Adoption,
    column: &ColumnDef,
    found: &IntrospectedColumn,
) -> Option<String> {
    let name = quote(dialect, column.name);
    let is_mark = adoption.table.soft_delete == Some(column.name);
    let is_optional =
        column.nullable && !found.nullable && matches!(column.column_type, ColumnType::Uuid(_));
    match dialect.family() {
        Family::Postgres if is_mark && found.class != TypeClass::Bool => Some(format!(
            "ALTER COLUMN {name} DROP DEFAULT, ALTER COLUMN {name} TYPE boolean USING {name} <> 0, \
             ALTER COLUMN {name} SET DEFAULT FALSE"
        )),
        Family::Postgres if is_optional => Some(format!("ALTER COLUMN {name} DROP NOT NULL")),
        Family::MySql if is_optional => {
            Some(format!("MODIFY COLUMN {name} {} NULL", found.sql_type))
        }
        _ => None,
    }
}

/// A column that is added: with a default each database adds it without reading the table.
fn missing(dialect: &Dialect, adoption: &Adoption, column: &'static ColumnDef) -> String {
    let name = quote(dialect, column.name);
    let sql_type = dialect.column_type(column);
    match (column.default, adoption.fill(column)) {
        (Some(_), Some(fill)) => {
            let found = IntrospectedColumn {
                name: String::new(),
                sql_type: String::new(),
                class: if dialect.family() == Family::Postgres {
                    TypeClass::Bool
                } else {
                    TypeClass::Other
                },
                nullable: false,
                binary_collation: true,
                generated: false,
                default: None,
            };
            let literal = literal(dialect, column, &found, fill);
            format!("{name} {sql_type} NOT NULL DEFAULT {literal}")
        }
        // It is filled with the rows.
        _ => format!("{name} {sql_type} NULL"),
    }
}

/// Makes a column of times wide enough for its unit.
fn wider(dialect: &Dialect, column: &ColumnDef, found: &IntrospectedColumn) -> Option<String> {
    let is_time = matches!(
        column.column_type,
        ColumnType::UnixSeconds | ColumnType::UnixMillis
    );
    let is_narrow = matches!(found.class, TypeClass::Integer { bytes } if bytes < 8);
    if !is_time || !is_narrow {
        return None;
    }
    let name = quote(dialect, column.name);
    match dialect.family() {
        Family::Sqlite => None,
        Family::Postgres => Some(format!("ALTER COLUMN {name} TYPE bigint")),
        Family::MySql => Some(format!("MODIFY COLUMN {name} BIGINT NULL")),
    }
}
