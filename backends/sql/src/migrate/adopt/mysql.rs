//! The form of an adopted table on `MySQL` and `MariaDB`.

use genledger_contract::schema::Adoption;
use genledger_contract::table::{ColumnDef, ColumnType};

use super::found::{Found, lacks_default};
use super::names::quote;
use super::unit::Change;
use crate::ddl;
use crate::dialect::Dialect;
use crate::introspected::IntrospectedColumn;

/// The statement: one, since each copies the table. Other programs can read the table meanwhile, and their writes
/// wait.
pub(super) fn form(
    dialect: &'static Dialect,
    adoption: &'static Adoption,
    found: &Found,
) -> Vec<Change> {
    let broken = found.broken(dialect, adoption);
    let mut changes = Vec::new();
    for (column, one) in found.described(adoption) {
        let differs = broken.iter().any(|one| one.item == column.name);
        if !differs && !lacks_default(adoption, column, one) {
            continue;
        }
        let adopted = ColumnDef {
            default: adoption.fill(column),
            ..*column
        };
        let mut definition = ddl::column_sql(dialect, adoption.table, &adopted);
        let is_key = adoption.table.primary_key.contains(&column.name);
        if is_key && one.generated && one.default.is_none() {
            definition = definition.replacen(" NOT NULL", " NOT NULL AUTO_INCREMENT", 1);
        }
        if let Some(clock) = clock(dialect, column, one, found) {
            let null = if column.nullable {
                " NULL"
            } else {
                " NOT NULL"
            };
            definition = definition.replacen(null, &format!("{null}{clock}"), 1);
        }
        changes.push(format!("MODIFY COLUMN {definition}"));
    }
    if changes.is_empty() {
        return Vec::new();
    }
    let table = quote(dialect, adoption.table.name);
    let sql = format!("ALTER TABLE {table} {}", changes.join(", "));
    vec![Change::Together(vec![sql])]
}

/// The clauses by which the database sets a time itself, which the other program relies on.
fn clock(
    dialect: &Dialect,
    column: &ColumnDef,
    one: &IntrospectedColumn,
    found: &Found,
) -> Option<String> {
    let ColumnType::DateTime { digits } = column.column_type else {
        return None;
    };
    let default = one.default.as_deref()?.to_ascii_lowercase();
    if !default.starts_with("current_timestamp") {
        return None;
    }
    let now = format!("CURRENT_TIMESTAMP({digits})");
    let touched = if found.is_touched(dialect, column.name) {
        format!(" ON UPDATE {now}")
    } else {
        String::new()
    };
    Some(format!(" DEFAULT {now}{touched}"))
}
